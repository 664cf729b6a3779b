"""A small instance for looking at pages: collectives, what they published, who answered. Stored through the real stores."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from actors import follows
from actors import store as actor_store
from actors.model import Actor, ActorImage, ProfileField
from fedi.config import Config, InstanceConfig, StorageConfig
from fedi.db.engine import Database, Reader
from fedi.db.migrate import migrate
from fedi.db.sqlite import open_sqlite
from fedi.errors import FediError, NotFound
from fedi.faces import remote_media
from fedi.ids import new_public_id
from fedi.keyring import Keyring
from fedi.metrics import Metrics
from fedi.publications import shelf, store
from fedi.publications.aid.model import AidDetails
from fedi.publications.compose import Draft, DraftText, Setting, compose
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Attachment, Publication, Role, Text
from fedi.publications.place import Place
from fedi.text.html import sanitise
from fedi.unit import Unit
from fedi.urls import Urls, part
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC
from fedi.web.headers import with_security_headers
from fedi.web.pages.errors import error_page
from fedi.web.pages.publication import page_for_publication, page_gone
from fedi.web.routes import routes
from tests.browser.elsewhere import PICTURES, Elsewhere

T = TypeVar("T")
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
BASE = "https://majaz.example"


class FixedClock:
    """Stands still, so that pages and pictures of them are the same each time."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


@dataclass(frozen=True, slots=True)
class PagesOnly:
    """As much of an instance as pages ask for."""

    config: Config
    urls: Urls
    db: Database
    clock: FixedClock
    http: Elsewhere = field(default_factory=Elsewhere)
    keyring: Keyring = field(default_factory=lambda: Keyring(b"of the sample"))
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def told_now(self) -> datetime:
        return self.clock.now()

    async def look(self, work: Callable[[Reader], T]) -> T:
        return await self.db.read(work)

    async def change(self, work: Callable[[Unit], T]) -> T:
        return await self.db.write(lambda tx: work(Unit(tx, self.clock.now(), self.urls)))


async def open_pages(
    folder: Path, base: str = BASE, language: str = "en", **settings: Any
) -> PagesOnly:
    """An empty instance in a folder."""
    database = await open_sqlite(folder / "fedi.sqlite3")
    await migrate(database, now_ms=int(NOW.timestamp() * 1000))
    instance = InstanceConfig(base_url=base, language=language, timezone="Africa/Tunis", **settings)
    config = Config(instance=instance, storage=StorageConfig(folder=str(folder)))
    return PagesOnly(config, Urls.of(base), database, FixedClock())


def application(instance: Any) -> Any:
    """The pages, with those of publications by their address, as the whole application has them."""

    async def publication(request: Request) -> Response:
        uri = instance.urls.publication(request.path_params["kind"], request.path_params["id"])
        found, grave = await instance.look(
            lambda rx: (store.find(rx, uri), store.find_tombstone(rx, uri))
        )
        if grave is not None:
            return await page_gone(instance, request, grave)
        if found is None:
            return await error_page(instance, request, NotFound())
        return await page_for_publication(instance, request, found)

    async def expected(request: Request, problem: Any) -> Response:
        error = problem if isinstance(problem, FediError) else NotFound()
        return await error_page(instance, request, error)

    app = Starlette(
        routes=[
            *remote_media.routes(instance),
            *routes(instance),
            Route("/{kind}/{id}", publication),
        ],
        exception_handlers={FediError: expected, HTTPException: expected},
    )
    app.router.redirect_slashes = False
    return with_security_headers(app, https=instance.urls.scheme == "https")


def collective(urls: Urls, username: str, name: str, summary: str, language: str) -> Actor:
    """One of ours."""
    uri = urls.actor(new_public_id(NOW))
    return Actor(
        uri=uri,
        host=urls.host,
        role="collective",
        type="Group",
        username=username,
        name=name,
        summary=sanitise(summary),
        inbox=part(uri, "inbox"),
        outbox=part(uri, "outbox"),
        followers=part(uri, "followers"),
        language=language,
        discoverable=True,
        indexable=True,
        published_at=NOW - timedelta(days=400),
    )


def stranger(host: str, username: str, name: str, face: str | None = None) -> Actor:
    """Somebody elsewhere. `face`: which of the pictures there is theirs."""
    uri = f"https://{host}/users/{username}"
    return Actor(
        uri=uri,
        host=host,
        role="remote",
        type="Person",
        username=username,
        name=name,
        summary="",
        inbox=f"{uri}/inbox",
        followers=f"{uri}/followers",
        url=f"https://{host}/@{username}",
        icon=ActorImage(f"{PICTURES}/face/{face}", "image/png", None) if face else None,
        fetched_at=NOW,
    )


def put(
    unit: Unit,
    author: Actor,
    kind: str,
    texts: dict[str, tuple[str, str]],
    *,
    age: timedelta = timedelta(hours=3),
    **more: Any,
) -> Publication:
    """Publish something here, as the actions do. `texts`: language → title and Markdown."""
    at = unit.now - age
    draft = Draft(kind, {tag: DraftText(*words) for tag, words in texts.items()}, **more)
    setting = Setting(
        author=author,
        uri=unit.urls.publication(kind, new_public_id(at)),
        published_at=at,
        hashtag_url=unit.urls.hashtag,
        mentioned={},
        zone="Africa/Tunis",
    )
    publication = compose(draft, setting)
    assert shelf.put(unit, publication, is_local=True) is not None
    return publication


def answer(
    unit: Unit,
    author: Actor,
    parent: str,
    html: str,
    language: str = "und",
    *,
    visibility: Visibility = Visibility.PUBLIC,
    is_held: bool = False,
    minutes: int = 30,
    summary: str | None = None,
    **more: Any,
) -> Publication:
    """An answer that arrived from elsewhere."""
    uri = f"https://{author.host}/notes/{new_public_id(unit.now)}"
    publication = Publication(
        uri=uri,
        kind="note",
        type="Note",
        author=author.uri,
        visibility=visibility,
        to=(PUBLIC,),
        cc=(),
        texts={language: Text(None, summary, sanitise(html))},
        published_at=unit.now - timedelta(minutes=minutes),
        url=uri,
        in_reply_to=parent,
        **more,
    )
    shelf.put(unit, publication, is_local=False, held_why=("stranger",) if is_held else ())
    return publication


def picture(
    name: str, width: int | None, height: int | None, alt: str | None, role: Role = "image"
) -> Attachment:
    """A picture that lies elsewhere."""
    return Attachment(
        f"{PICTURES}/{name}", "image/png", alt=alt, width=width, height=height, role=role
    )


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """An hour UTC, so many days from now."""
    day = NOW + timedelta(days=days)
    return day.replace(hour=hour, minute=minute)


_LETTER = """هذه رسالة كتبتها جماعات الأحياء في أسبوع واحد، قرئت في أربع ساحات وعُدّلت في كل واحدة منها.

## كيف بدأنا

في الشتاء الماضي تعطّل خزّان الماء في حيّنا ثلاثة أيام. لم ننتظر أحدًا: فتحت المدرسة بابها، وحمل الشباب القوارير على الدراجات، وكتبت صاحبة المخبز قائمة بمن لا يستطيع النزول. **ما بقي من تلك الأيام هو القائمة**، وقد صارت دفترًا ثم صارت هذه المجاورة.

لم يكن في ما فعلناه شيء عجيب. كان كل واحد يعرف بابين أو ثلاثة، وحين اجتمعت الأبواب صارت شارعًا. نكتب إليكم لأن في كل مدينة شوارع من هذا النوع، ولأن المسافة بينها أقصر مما تبدو على الخريطة.

## ما تعلّمناه

1. الدفتر الواحد أنفع من عشرة خطابات.
2. من يطبخ للجميع يحتاج إلى من يغسل معه القدور.
3. الباب الذي لا درج أمامه يدخل منه الجميع.

> لا نسأل الجار من أين جاء، نسأله إن كان عنده ملح.

## ما ندعو إليه

- دفتر مشترك بين المجاورات، يكتب فيه كل حيّ ما عنده وما ينقصه.
- مائدة مفتوحة في أول سبت من كل شهر، في المدينة كلها وفي الساعة نفسها.
- ترجمة كل نداء إلى لغتين قبل أن يخرج، حتى لا يبقى أحد خارج الكلام.

اكتبوا إلينا من حيث أنتم. سنردّ ببطء، لكننا سنردّ.
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """Addresses worth looking at."""

    actor: str
    event: str
    cancelled: str
    statement: str
    request: str
    offer: str
    note: str
    edited: str
    gone: str


async def fill(instance: PagesOnly) -> Sample:
    """Everything a lively instance has."""
    return await instance.change(_fill)


def _fill(unit: Unit) -> Sample:
    urls = unit.urls
    summary = (
        "بيت مفتوح في قلب المدينة القديمة، فيه مطبخ ومكتبة وورشة نجارة ودفتر يُكتب فيه ما عند الجيران وما ينقصهم. "
        "نلتقي كل سبت، ونقرّر معًا، ونكتب بأكثر من لغة."
    )
    us = collective(urls, "mujawara", "مجاورة باب سويقة", f"<p>{summary}</p>", "ar")
    us = replace(
        us,
        fields=(
            ProfileField("العنوان", "نهج الحلفاوين، تونس"),
            ProfileField("Site", '<a href="https://example.org/majaz">example.org/majaz</a>'),
        ),
    )
    table = collective(
        urls,
        "tablee",
        "La Grande Tablée",
        "<p>Une cuisine, un atelier et une grande table à Roubaix, ouverte à celles et ceux qui arrivent.</p>",
        "fr",
    )
    friends = stranger(
        "mobilizon.example", "librairie", "مكتبة الحيّ Librairie du quartier", "library"
    )
    salma = stranger("mastodon.example", "salma", "سلمى <b onload>", "salma")
    jo = stranger("social.example", "jo_rtl", "Jo \u202eevil\u202c العربي", "jo")
    for actor in (us, table, friends, salma, jo):
        actor_store.save(unit, actor)
    for actor in (friends, salma, jo):
        handle = f"{actor.username}@{actor.host}"
        actor_store.confirm_handle(unit, actor.uri, handle, timedelta())
    follows.ask(unit, us.uri, friends.uri, f"{us.uri}#f1")
    follows.decide(unit, us.uri, friends.uri, follows.ACCEPTED)

    event = put(
        unit,
        us,
        "event",
        {
            "ar": (
                "لقاء الجيران: ماذا نطبخ معًا هذا الشتاء؟",
                "نلتقي حول مائدة طويلة لنخطّط لمطبخ الحيّ. "
                "**الدخول مفتوح** والترجمة متاحة، ومن لديه قِدر كبيرة فليحضرها.\n\n"
                "- الاستقبال والشاي\n- توزيع المهام\n- عشاء مشترك\n\n#عون_متبادل #تونس",
            ),
            "fr": (
                "Rencontre des voisins : que cuisiner ensemble cet hiver ?",
                "Une longue table pour préparer la cuisine du quartier. **Entrée libre**, traduction assurée.\n\n"
                "- accueil et thé\n- partage des tâches\n- repas commun\n\n#tunis",
            ),
        },
        details=EventDetails(
            starts_at=at(14, 17),
            ends_at=at(14, 20),
            timezone="Africa/Tunis",
            place=Place(
                name="بيت الحلفاوين",
                street="12 نهج الحلفاوين",
                locality="تونس",
                country="تونس",
                latitude=36.8065,
                longitude=10.1715,
            ),
            capacity=60,
        ),
    )
    put(
        unit,
        table,
        "event",
        {
            "fr": (
                "Atelier de réparation de vélos",
                "On répare, on apprend, on repart en roulant. Outils sur place.",
            )
        },
        details=EventDetails(
            starts_at=at(3, 13),
            ends_at=at(3, 17),
            timezone="Europe/Paris",
            place=Place(name="La Grande Tablée", locality="Roubaix"),
        ),
    )
    cancelled = put(
        unit,
        us,
        "event",
        {"ar": ("جولة في أسواق المدينة القديمة", "أُلغيت بسبب الأمطار، وسنعلن موعدًا آخر.")},
        details=EventDetails(
            starts_at=at(6, 8),
            timezone="Africa/Tunis",
            status="cancelled",
            place=Place(name="باب البحر", locality="تونس"),
        ),
    )
    put(
        unit,
        us,
        "event",
        {
            "ar": ("المدرسة المتجوّلة: ثلاثة أيام في الأرشيف الشعبي", "ورشات عن حفظ الذاكرة."),
            "en": (
                "The travelling school: three days of people’s archives",
                "Workshops on memory.",
            ),
            "es": ("Escuela itinerante: tres días de archivo popular", "Talleres de memoria."),
        },
        details=EventDetails(
            starts_at=at(27, 0),
            ends_at=at(29, 0),
            timezone="Africa/Tunis",
            all_day=True,
            place=Place(name="المكتبة العمومية", locality="صفاقس"),
        ),
    )
    put(
        unit,
        table,
        "event",
        {
            "en": (
                "Assembly of neighbouring places: what do we hold in common?",
                "Online, three languages.",
            )
        },
        details=EventDetails(
            starts_at=at(40, 18),
            ends_at=at(40, 20),
            timezone="Europe/Paris",
            is_online=True,
            online_url="https://meet.example.org/assembly-of-places",
        ),
    )
    elsewhere = Publication(
        uri="https://mobilizon.example/events/1",
        kind="event",
        type="Event",
        author=friends.uri,
        visibility=Visibility.PUBLIC,
        to=(PUBLIC,),
        cc=(),
        texts={"fr": Text("Lecture publique : poèmes de l’exil", "Jeudi", "<p>Entrée libre.</p>")},
        published_at=NOW - timedelta(days=2),
        url="https://mobilizon.example/events/1",
        attachments=(picture("poster/library", 960, 540, "دار وكتب تحت شمس كبيرة", "banner"),),
        details=EventDetails(
            starts_at=at(5, 18),
            ends_at=at(5, 20),
            timezone="Africa/Tunis",
            place=Place(name="مكتبة الحيّ", locality="La Marsa"),
        ),
    )
    shelf.put(unit, elsewhere, is_local=False)

    request = put(
        unit,
        us,
        "aid_request",
        {
            "ar": (
                "أغطية شتوية لعائلات القصرين",
                "نجمع الأغطية في بيت الحلفاوين كل مساء بعد السادسة. نقبل الجديد والنظيف المستعمل.",
            ),
            "fr": (
                "Couvertures d’hiver pour des familles de Kasserine",
                "Collecte chaque soir après 18h à la maison Halfaouine.",
            ),
        },
        age=timedelta(hours=20),
        details=AidDetails(
            purpose="request",
            what="clothing",
            quantity="40",
            available="26",
            until=at(24, 20),
            place=Place(name="بيت الحلفاوين", locality="تونس"),
        ),
    )
    put(
        unit,
        table,
        "aid_request",
        {
            "fr": (
                "Interprète arabe–français pour un rendez-vous à la préfecture",
                "Une matinée, à Lille.",
            )
        },
        details=AidDetails(
            purpose="request",
            action="deliverService",
            what="translation",
            quantity="3",
            unit="hour",
            until=at(5, 20),
            place=Place(locality="Lille"),
        ),
    )
    offer = put(
        unit,
        table,
        "aid_offer",
        {
            "fr": (
                "Grande salle libre le dimanche",
                "Soixante chaises, une cuisine, accès sans marche.",
            )
        },
        details=AidDetails(purpose="offer", what="space", place=Place(locality="Roubaix")),
    )
    statement = put(
        unit,
        us,
        "statement",
        {"ar": ("رسالة من أحيائنا إلى أحيائكم", _LETTER)},
        age=timedelta(days=30),
    )
    put(
        unit,
        table,
        "statement",
        {
            "fr": (
                "Ce que nous demandons à la ville",
                "Depuis six ans, la Grande Tablée nourrit, loge et réunit. Nous demandons trois choses simples : "
                "un bail, l’eau chaude et qu’on nous écoute.\n\n1. Un bail de neuf ans.\n2. L’eau chaude.\n3. Une réponse écrite.",
            ),
            "en": (
                "What we ask of the town",
                "For six years the Grande Tablée has fed, housed and gathered. We ask for three simple things: "
                "a lease, hot water, and to be heard.\n\n1. A lease of nine years.\n2. Hot water.\n3. An answer in writing.",
            ),
        },
        age=timedelta(days=9),
    )
    put(
        unit,
        us,
        "statement",
        {
            "ar": (
                "نداء إلى لقاء الربيع",
                "نلتقي في الربيع لنكتب معًا ما نتّفق عليه جميعًا، ونترك ما نختلف فيه مفتوحًا للنقاش. يصل النداء إلى كل جماعة بلغتها، ولكل جماعة أن تضيف وأن تشطب، ثم نقرأ ما بقي في يوم واحد.",
            )
        },
        age=timedelta(days=60),
    )
    note = put(
        unit,
        us,
        "note",
        {"ar": ("", "شكرًا لكل من حمل الكراسي البارحة. نراكم يوم السبت عند الخامسة. #تونس")},
        age=timedelta(hours=15),
    )
    edited = put(
        unit,
        table,
        "note",
        {"en": ("", "The oven is fixed. Bread again from Tuesday.")},
        age=timedelta(days=1, hours=4),
    )
    text = replace(edited.original, content="<p>The oven is fixed. Bread again from Wednesday.</p>")
    shelf.exchange(unit, replace(edited, texts={"en": text}, updated_at=NOW - timedelta(hours=2)))
    gone = put(unit, us, "note", {"ar": ("", "هذا منشور سيُحذف.")})
    shelf.take_off(unit, gone.uri, is_local=True)

    first = answer(
        unit,
        salma,
        event.uri,
        "<p>سأحضر ومعي قِدر كبيرة. هل المكان مهيّأ للكراسي المتحركة؟</p>",
        "ar",
        minutes=90,
        attachments=(picture("shelf/salma", 800, 600, "قدور على رفّين في مخزن المدرسة"),),
    )
    answer(
        unit,
        jo,
        first.uri,
        "<p>Yes, there is a ramp at the back — مدخل خلفي من جهة الحديقة.</p>",
        "en",
        minutes=60,
    )
    answer(
        unit,
        jo,
        event.uri,
        "<p>On arrive à quatre depuis Sfax, peut-on dormir sur place ?</p>",
        "fr",
    )
    answer(unit, salma, event.uri, "<p>رد محجوز</p>", "ar", is_held=True)
    answer(unit, salma, statement.uri, "<p>نص ضروري. هل يمكن ترجمته إلى الإسبانية؟</p>", "ar")
    answer(
        unit, jo, request.uri, "<p>I can bring twelve on Thursday.</p>", "en", summary="Long story"
    )
    return Sample(
        actor="/@mujawara",
        event=event.uri.removeprefix(urls.base),
        cancelled=cancelled.uri.removeprefix(urls.base),
        statement=statement.uri.removeprefix(urls.base),
        request=request.uri.removeprefix(urls.base),
        offer=offer.uri.removeprefix(urls.base),
        note=note.uri.removeprefix(urls.base),
        edited=edited.uri.removeprefix(urls.base),
        gone=gone.uri.removeprefix(urls.base),
    )
