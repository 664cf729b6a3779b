"""The pages of the house with something in each: for judges, for pictures, for people who look.

`python -m tests.browser.tour FOLDER [page …]` takes pictures of them: Arabic and English, phone and desktop.
`python -m tests.browser.tour --readme` makes those in `docs/pictures` anew that the README shows: small, of what is in sight at once.
"""

import asyncio
import io
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from PIL import Image

from actors import people
from actors.model import Actor
from fedi.desk import (
    attendance,
    dates,
    inviting,
    organising,
    programme,
    sources,
    tags,
    touring,
    writing,
)
from fedi.desk import attending as going
from fedi.desk.blocking import HostOrder, block_host, limit_host
from fedi.desk.blocklists import ImportOrder, import_list
from fedi.desk.lookup import find_or_fetch
from fedi.desk.publishing import publish
from fedi.desk.sources import AddOrder
from fedi.desk.speaker import load_speaker
from fedi.desk.wishes import AidWish, PlaceWish, PublishOrder, Words
from fedi.desk.writing import Hand, Slip
from fedi.doctor.nightly import AWAKE_S, look_at_night
from fedi.moderation import flags
from fedi.publications import shelf
from fedi.publications.drafts import Typed, Written
from fedi.publications.event import attendance as entries
from fedi.publications.event.attendance import Entry
from fedi.publications.model import Publication, Text
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from outbox import attending
from outbox.attending import Answer
from tests.browser.house import DESKTOP, PHONE, Neighbourhood, neighbourhood
from tests.harness.members import PASSWORD, a_member
from tests.harness.world import a_note, a_statement, an_event

HOST: Final = "majaz.test"
NEIGHBOUR: Final = "beirut.test"
HOUSE: Final = "/house/mujawara"
STEWARD: Final = "سلمى"
# name → path; the first ones are seen by everybody, the others by who is signed in
BEFORE: Final[Mapping[str, str]] = {"sign-in": "/sign-in"}
INSIDE: Final[Mapping[str, str]] = {
    "home": "/house/mujawara",
    "timeline": "/house/mujawara/timeline",
    "neighbours": "/house/mujawara/neighbours",
    "notifications": "/house/mujawara/notifications",
    "search": "/house/mujawara/search?q=%D8%A7%D9%84%D9%85%D8%A7%D8%A1",
    "saved": "/house/mujawara/saved",
    "tags": "/house/mujawara/tags",
    "tag-as": "/me/tag/%D8%AA%D9%88%D9%86%D8%B3",
    "names": "/house/mujawara/names",
    "agenda": "/house/mujawara/agenda",
    "write": "/house/mujawara/write",
    "write-event": "/house/mujawara/write?kind=event",
    "write-need": "/house/mujawara/write?kind=aid_request",
    "publications": "/house/mujawara/publications",
    "me": "/me",
    "house-journal": "/steward/journal",
    "first": "/house/mujawara/first",
    "factor": "/me/factor",
    "passkeys": "/me/factor/passkeys",
    "people": "/house/mujawara/people",
    "people-new": "/house/mujawara/people/new",
    "journal": "/house/mujawara/journal",
    "settings": "/house/mujawara/settings",
    "profile": "/house/mujawara/profile",
    "moving": "/house/mujawara/moving",
    "steward": "/steward",
    "collectives": "/steward/collectives",
    "sources": "/house/mujawara/sources",
    "deliveries": "/house/mujawara/deliveries",
    "export": "/house/mujawara/export",
    "import": "/house/mujawara/import",
    "queue": "/steward/queue",
    "relays": "/steward/relays",
    "instance": "/steward/instance",
    "words": "/steward/words",
    "room": "/steward/room",
    "backups": "/steward/backups",
    "health": "/steward/health",
    "safety": "/steward/safety",
    "blocks": "/house/mujawara/blocks",
    "moderation": "/steward/moderation",
    "sent": "/steward/moderation/sent",
    "hosts": "/steward/moderation/hosts",
    "host": "/steward/moderation/about?target=loud.example",
    "held": "/steward/moderation/held",
    "hidden": "/steward/moderation/hidden",
    "quarantine": "/steward/moderation/quarantine",
    "intent": "/intent/follow?object=https://beirut.test/@beirut",
    "subscribe": "/authorize_interaction?uri=https://beirut.test/@beirut",
    "lists": "/steward/moderation/lists",
    "history": "/steward/moderation/history",
}


PICTURES: Final = Path(__file__).parents[2] / "docs" / "pictures"
# the picture, the page, and on what it is seen
SHOWN: Final = (
    ("house-timeline", "timeline", DESKTOP),
    ("house-event", "write-event", PHONE),
)


async def furnish(near: Neighbourhood) -> Mapping[str, str]:
    """A collective with people and things that happened; the pages that are about one of them, by name."""
    made = near.made
    ours = await made.collective(HOST, "mujawara", "مجاورة المجاز")
    await a_member(made, ours, STEWARD, "steward", "", is_signed_in=False)
    await a_member(made, ours, "Bilal Ben Othmane", "editor", "", is_signed_in=False)
    await a_member(made, ours, "Inès", "author", "fr", is_signed_in=False)
    here = made[HOST]
    await limit_host(here, HostOrder(host="loud.example", why="إعلانات كثيرة كلّ صباح", person=1))
    await block_host(here, HostOrder(host="cruel.example", why="They threaten people.", person=1))
    content = (
        b"#domain,#severity,#public_comment\nspam.example,suspend,spam\nnoise.example,silence,\n"
    )
    await import_list(here, ImportOrder(content=content, source="neighbours.csv"))
    await here.change(_strangers)
    about = await _talk(near, ours)
    gathering = await _gather(near, ours)
    await _take_over(near)
    # a night in which the server looked at itself
    here.metrics._began_s -= AWAKE_S
    await look_at_night(here)
    flag = await here.look(lambda rx: rx.one("SELECT id FROM flag"))
    person = await here.look(lambda rx: people.load(rx, "Inès"))
    assert flag is not None
    return {
        **gathering,
        "thread": f"{HOUSE}/thread?about={quote(about.uri)}",
        "actor": f"{HOUSE}/actor?who=@beirut@{NEIGHBOUR}",
        "published": f"{HOUSE}/publications/{about.uri.rpartition('/')[2]}",
        "delivered": f"{HOUSE}/deliveries/{about.uri.rpartition('/')[2]}",
        "person": f"{HOUSE}/people/{person.id}",
        "flag": f"/steward/moderation/flags/{flag[0]}",
        "publication": "/steward/moderation/publication?which=https://cheap.example/note/1",
    }


async def _talk(near: Neighbourhood, ours: Actor) -> Publication:
    """A neighbour who announces and answers, and a statement of ours that is answered."""
    made = near.made
    beirut = await made.collective(NEIGHBOUR, "beirut", "جيران بيروت")
    await made.follow(ours, beirut)
    for label, on_agenda in (("تونس", True), ("olives", False)):
        await tags.follow(made[HOST], tags.FollowOrder(name=label, on_agenda=on_agenda))
    await made.follow(beirut, ours)
    for draft in (
        a_note("نفتح المطبخ يوم السبت، ومن أراد أن يطبخ معنا فليكتب لنا.", "ar"),
        a_note("Nous cherchons un camion pour jeudi soir, merci de faire passer.", "fr"),
        an_event("سوق الأحد المفتوح"),
        a_statement("No neighbour without water", "Three weeks without water in our street. " * 12),
    ):
        await made.publish(beirut, draft)
    said = await made.publish(
        ours, a_statement("بيان من أجل الماء", "نحن سكان الحي نطالب بالماء لكل بيت. " * 20, "ar")
    )
    await made.settle()
    order = PublishOrder(
        kind="note",
        actor="beirut",
        reply_to=said.uri,
        words=(Words(language="ar", source="نقف معكم ونترجم البيان غدًا."),),
    )
    await publish(made[NEIGHBOUR], order)
    await made.settle()
    return said


async def _gather(near: Neighbourhood, ours: Actor) -> Mapping[str, str]:
    """An event of ours with people who come, wait and ask; one of the neighbour's to which we come."""
    made = near.made
    here = made[HOST]
    draft = an_event("سوق الأحد المفتوح: نتبادل الكتب والثياب والبذور")
    details = replace(draft.details, capacity=3)  # type: ignore[type-var]
    event = await made.publish(ours, replace(draft, details=details))
    place = PlaceWish(name="المستودع القديم", street="٧ نهج البئر", city="تونس")
    await attendance.change(
        here, attendance.SetOrder(which=event.uri, place=place, counts=True, actor="mujawara")
    )
    links: list[str] = []

    def answer(unit: Unit) -> None:
        for number, (name, together, message) in enumerate(
            (
                ("دنيا", 2, "نأتي ومعنا طاولتان"),
                ("Bilal", 1, ""),
                ("Inès et les voisines", 3, "Y a-t-il un coin pour les enfants ?"),
            )
        ):
            said = Answer(f"form:{number}", "coming", "form", name=name, people=together, message=message)  # fmt: skip
            entry = attending.answer(unit, event, said)
            assert isinstance(entry, Entry)
            links.append(unit.urls.attendance(entries.make_link(unit, entry)))

    await here.change(answer)
    beirut = await made.collective(NEIGHBOUR, "markaz", "مركز الحي")
    theirs = await made.publish(beirut, an_event("ورشة إصلاح الدراجات"))
    await going.attend(here, going.AttendOrder(which=theirs.uri, actor="mujawara"))
    feast = await made.publish(beirut, an_event("عيد الحصاد في المركز"))
    named = (f"@markaz@{NEIGHBOUR}", f"@beirut@{NEIGHBOUR}")
    guests = inviting.InviteOrder(which=event.uri, who=named, actor="mujawara")
    await inviting.invite(here, guests)
    words = "نعدّ لكم الشاي، وننتظر أغانيكم!"
    asked = inviting.InviteOrder(which=feast.uri, who=(ours.handle,), words=words, actor="markaz")
    await inviting.invite(made[NEIGHBOUR], asked)
    need = PublishOrder(
        kind="aid_request",
        actor="mujawara",
        words=(Words(language="ar", title="فراش لأربعة ضيوف من خارج المدينة", source="ليلتان."),),
        aid=AidWish(what="shelter", quantity="4", event=event.uri),
    )
    await publish(here, need)
    moments = tuple(
        dates.Moment(
            starts=f"{made.clock.now() + timedelta(days=n):%Y-%m-%d}T18:00",
            ends=f"{made.clock.now() + timedelta(days=n):%Y-%m-%d}T21:00",
        )
        for n in (7, 8, 14)
    )
    names = (("mujawara", HOST, "متى نجتمع لنزرع السطح؟"), ("markaz", NEIGHBOUR, "متى نطبخ معًا؟"))
    asked_for = [
        await dates.ask(
            made[host],
            dates.AskOrder(
                title=title,
                words="نلتقي مساءً، ونأتي بالأدوات.",
                language="ar",
                moments=moments,
                zone="Africa/Tunis",
                place=PlaceWish(name="دار الجيران", city="تونس"),
                actor=name,
            ),
        )
        for name, host, title in names
    ]
    await made.settle()
    for name, wishes in (
        ("markaz", ("coming", "maybe", "not_coming")),
        ("beirut", ("coming", "coming")),
    ):
        can = dates.AnswerOrder(which=asked_for[0].uri, wishes=wishes, actor=name)
        await dates.answer(made[NEIGHBOUR], can)
    await find_or_fetch(here, asked_for[1].uri)
    answer_ours = inviting.AnswerOrder(which=event.uri, answer="coming", actor="markaz")
    await made.settle()
    await inviting.answer(made[NEIGHBOUR], answer_ours)
    await made.settle()
    which = event.uri.rpartition("/")[2]
    return {
        **await _festival(near, ours),
        "event": f"/event/{which}",
        "attend": f"/event/{which}/attend",
        "attendance-link": links[0].removeprefix(f"https://{HOST}"),
        "attendance": f"{HOUSE}/attendance/{which}",
        "event-there": f"{HOUSE}/thread?about={quote(theirs.uri)}",
        "event-house": f"{HOUSE}/publications/{which}",
        "call": f"{HOUSE}/write?kind=aid_request&what=shelter&for_event={quote(event.uri)}",
        "dates-new": f"{HOUSE}/dates",
        "dates": f"{HOUSE}/dates/{asked_for[0].uri.rpartition('/')[2]}",
        "dates-words": f"{HOUSE}/dates/{asked_for[0].uri.rpartition('/')[2]}/words",
        "dates-page": asked_for[0].uri.removeprefix(f"https://{HOST}"),
        "dates-there": f"{HOUSE}/thread?about={quote(asked_for[1].uri)}",
        "guests": f"{HOUSE}/attendance/{which}/guests",
        "invitations": f"{HOUSE}/invitations",
        "invited": f"{HOUSE}/thread?about={quote(feast.uri)}",
        "going": f"{HOUSE}/going",
    }


_PROGRAMME: Final = """day,from,until,room,who,spoken,status,title,title.en,text
2026-12-04,10:00,11:30,القاعة الكبرى,سلمى وبلال,"ar, fr",,الافتتاح: ماذا نريد من هذه الأيام؟,Opening: what do we want from these days?,كلمة ترحيب ثم حديث مفتوح مع كل من يأتي.
2026-12-04,10:00,12:00,الحديقة,Inès,fr,,ورشة البذور,Seed workshop,
2026-12-04,12:00,,الساحة,,,,غداء مشترك,Lunch together,
2026-12-04,14:00,16:00,القاعة الكبرى,جيران بيروت,ar,cancelled,عن الإيجارات في بيروت,Rents in Beirut,
2026-12-05,18:30,20:00,القاعة الكبرى,,ar,,فيلم ونقاش,A film and a talk,
"""


async def _festival(near: Neighbourhood, ours: Actor) -> Mapping[str, str]:
    """An event of ours with a programme and another organiser; one of the neighbour's that we are asked to organise."""
    made = near.made
    here = made[HOST]
    draft = an_event("مهرجان الجيرة: ثلاثة أيام للأرض والسكن")
    details = replace(
        draft.details,  # type: ignore[type-var]
        spoken=("ar", "fr"),
        cost="مجانًا، أو بقدر الاستطاعة",
        wheelchair="partially",
        contact="mahrajan@majaz.test",
    )
    event = await made.publish(ours, replace(draft, details=details))
    table = programme.TableOrder(which=event.uri, table=_PROGRAMME, actor="mujawara")
    await programme.bring(here, table)
    beirut = await made.collective(NEIGHBOUR, "souk", "سوق الطيّب")
    asked = organising.InviteOrder(which=event.uri, who=f"@souk@{NEIGHBOUR}", actor="mujawara")
    await organising.invite(here, asked)
    await made.settle()
    yes = organising.AnswerOrder(which=event.uri, agrees=True, actor="souk")
    await organising.answer(made[NEIGHBOUR], yes)
    theirs = await made.publish(beirut, an_event("لقاء المزارعين"))
    await made.settle()
    back = organising.InviteOrder(which=theirs.uri, who=f"@mujawara@{HOST}", actor="souk")
    await organising.invite(made[NEIGHBOUR], back)
    await made.settle()
    round_trip = an_event("قافلة الماء: أربع مدن في أسبوعين")
    details = replace(round_trip.details, is_tour=True, join_mode="none", place=None)  # type: ignore[type-var]
    whole = await made.publish(ours, replace(round_trip, details=details))
    await made.settle()
    for stop in (event, theirs):
        order = touring.StopOrder(which=whole.uri, stop=stop.uri, actor="mujawara")
        await touring.add(here, order)
    await made.settle()
    back_there = touring.AskOrder(which=theirs.uri, tour=whole.uri, actor="souk")
    await touring.ask(made[NEIGHBOUR], back_there)
    await made.settle()
    tour_id = whole.uri.rpartition("/")[2]
    which = event.uri.rpartition("/")[2]
    return {
        "tour": f"/event/{tour_id}",
        "tour-stops": f"{HOUSE}/tour/{tour_id}",
        "tour-of": f"{HOUSE}/tour/{which}",
        "festival": f"/event/{which}",
        "festival-there": f"{HOUSE}/thread?about={quote(event.uri)}",
        "programme": f"{HOUSE}/programme/{which}",
        "programme-table": f"{HOUSE}/programme/{which}/table",
        "organisers": f"{HOUSE}/organisers/{which}",
        "organising": f"{HOUSE}/organising",
    }


async def _take_over(near: Neighbourhood) -> None:
    """Events of a town: shown as its own, and as drafts of which one was written on before the town changed it."""
    here, day = near.made[HOST], near.made.clock.now().date()

    def calendar(*events: tuple[str, str]) -> bytes:
        lines = ["BEGIN:VCALENDAR", "X-WR-CALNAME:دار الثقافة بالحي"]
        for number, (title, more) in enumerate(events, 2):
            starts = f"{day + timedelta(days=number):%Y%m%d}T180000"
            lines += [
                "BEGIN:VEVENT",
                f"UID:{number}",
                f"DTSTART:{starts}",
                f"SUMMARY:{title}",
                more,
                "END:VEVENT",
            ]
        return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()

    town = calendar(
        ("عرض فيلم تحت النجوم", "LOCATION:الساحة الكبرى"), ("Atelier de couture", "LANGUAGE:fr")
    )
    link = "https://culture.example/agenda"
    order = AddOrder(actor="mujawara", content=town, way="mirror", link=link)
    await sources.add(here, order)
    ours = AddOrder(actor="mujawara", content=calendar(("نادي القراءة", "")), name="تقويمنا القديم")
    await sources.add(here, ours)
    draft = await here.look(
        lambda rx: rx.one("SELECT public_id FROM draft WHERE once LIKE 'source %'")
    )
    assert draft is not None
    actor = await here.look(lambda rx: load_speaker(rx, "mujawara"))
    written = Written((Typed("ar", "نادي القراءة", "نقرأ معًا"),), fields={"zone": "Africa/Tunis"})
    await writing.save(here, actor, Hand(1, may_publish=True), Slip("event", written, draft[0], 1))
    moved = AddOrder(
        actor="mujawara", content=calendar(("نادي القراءة في الحديقة", "")), name="تقويمنا القديم"
    )
    await sources.add(here, moved)


def _strangers(unit: Unit) -> None:
    """A report from elsewhere, and words of somebody nobody here knows that wait."""
    ours = f"https://{HOST}/c/mujawara"
    words = "This collective announces gatherings that never take place."
    flags.add(unit, "https://loud.example/flag/1", "https://loud.example/actor", words, [ours])
    for number, said in enumerate(("أين تجتمعون هذا الأسبوع؟", "Cheap watches, best price!"), 1):
        texts = {"und": Text(None, None, f"<p>{said}</p>")}
        uri = f"https://cheap.example/note/{number}"
        author = "https://cheap.example/users/x"
        note = Publication(
            uri=uri,
            kind="note",
            type="Note",
            author=author,
            visibility=Visibility.PUBLIC,
            to=(),
            cc=(),
            texts=texts,
            published_at=unit.now,
        )
        shelf.put(unit, note, is_local=False, held_why=("stranger",))


async def sign_in(tab: Any, name: str = STEWARD) -> None:
    """Sign in as a person does."""
    await tab.goto(f"https://{HOST}/sign-in")
    await tab.fill("#f-name", name)
    await tab.fill("#f-password", PASSWORD)
    await tab.press("#f-password", "Enter")
    await tab.wait_for_url("**/house/**")


async def take(near: Neighbourhood, about: Mapping[str, str], folder: Path, only: set[str]) -> None:
    for language in ("ar", "en"):
        for device, size in (("phone", PHONE), ("desktop", DESKTOP)):
            scheme = "dark" if (language == "en") == (device == "phone") else "light"
            tab = await near.tab(language, size=size, scheme=scheme)
            is_signed_in = False
            for name, path in (*BEFORE.items(), *INSIDE.items(), *about.items()):
                if only and name not in only:
                    continue
                if name not in BEFORE and not is_signed_in:
                    await sign_in(tab)
                    is_signed_in = True
                await tab.goto(f"https://{HOST}{path}")
                file = folder / f"{name}-{device}-{language}-{scheme}.png"
                await tab.screenshot(path=file, full_page=True)
            await tab.context.close()


async def take_for_readme(near: Neighbourhood, about: Mapping[str, str]) -> None:
    """The pictures of the README: what somebody sees who is signed in, in two languages."""
    for language in ("ar", "en"):
        for name, page, size in SHOWN:
            tab = await near.tab(language, size=size)
            await sign_in(tab)
            await tab.goto(f"https://{HOST}{({**INSIDE, **about})[page]}")
            seen = Image.open(io.BytesIO(await tab.screenshot()))
            seen.convert("RGB").save(PICTURES / f"{name}-{language}.webp", quality=80, method=6)
            await tab.context.close()


async def main() -> None:
    if sys.argv[1:] == ["--readme"]:
        async with neighbourhood(HOST, NEIGHBOUR) as near:
            await take_for_readme(near, await furnish(near))
        return
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="tour-"))
    folder.mkdir(parents=True, exist_ok=True)
    async with neighbourhood(HOST, NEIGHBOUR) as near:
        await take(near, await furnish(near), folder, set(sys.argv[2:]))
    sys.stdout.write(f"{folder}\n")


if __name__ == "__main__":
    asyncio.run(main())
