"""Publications of a made-up collective, as a member would have written them: the originals of the golden documents."""

from dataclasses import replace
from datetime import UTC, datetime

from fedi.publications.aid.model import AidDetails
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Attachment, Publication, Tag, Text
from fedi.publications.place import Place
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC

HOST = "https://mujawara.example"
AUTHOR = f"{HOST}/a/hadiqa"
FOLLOWERS = f"{AUTHOR}/followers"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

EVENT = Publication(
    uri=f"{HOST}/p/01event",
    kind="event",
    type="Event",
    author=AUTHOR,
    visibility=Visibility.PUBLIC,
    to=(PUBLIC,),
    cc=(FOLLOWERS,),
    texts={
        "ar": Text(
            name="جمعية الحي: ماذا نزرع هذا الشتاء؟",
            summary="السبت 5 ديسمبر 2026، 18:00–21:00 – حديقة الجوار، تونس",
            content='<p dir="rtl">نلتقي لنتّفق على ما نزرع، والدعوة <strong>للجميع</strong>.</p>',
        ),
        "fr": Text(
            name="Assemblée de quartier : que planter cet hiver ?",
            summary="sam. 5 déc. 2026, 18:00–21:00 – Jardin du voisinage, Tunis",
            content="<p>Nous décidons ensemble de ce que nous plantons.</p>",
        ),
    },
    published_at=datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
    updated_at=datetime(2026, 11, 21, 10, 30, tzinfo=UTC),
    url=f"{HOST}/events/01event",
    context=f"{HOST}/p/01event/context",
    tags=(Tag("hashtag", "زراعة", f"{HOST}/tags/%D8%B2"),),
    attachments=(
        Attachment(
            url=f"{HOST}/media/garden.jpg",
            media_type="image/jpeg",
            alt="حديقة صغيرة بين بيتين",
            width=1200,
            height=630,
            blurhash="UBL_:rOpGG-;~qRjWBay",
            focal=(0.0, 0.0),
            role="banner",
        ),
    ),
    indexable=True,
    details=EventDetails(
        starts_at=datetime(2026, 12, 5, 17, 0, tzinfo=UTC),
        ends_at=datetime(2026, 12, 5, 20, 0, tzinfo=UTC),
        timezone="Africa/Tunis",
        place=Place(
            name="حديقة الجوار",
            street="12 نهج الزيتونة",
            postal_code="1000",
            locality="تونس",
            country="TN",
            latitude=36.0,
            longitude=10.1815,
            uri=f"{HOST}/places/7",
        ),
        online_url="https://hadiqa.example/winter",
        category="MOVEMENTS_POLITICS",
        join_mode="free",
        capacity=80,
        participant_count=12,
        remaining=68,
    ),
)

STATEMENT = Publication(
    uri=f"{HOST}/p/01statement",
    kind="statement",
    type="Article",
    author=AUTHOR,
    visibility=Visibility.PUBLIC,
    to=(PUBLIC,),
    cc=(FOLLOWERS,),
    texts={
        "ar": Text(
            name="ضد هدم السوق القديم",
            summary="نرفض هدم السوق وندعو الجوار إلى الوقوف مع بائعيه.",
            content="<h2>لماذا</h2><p>لأن السوق بيتنا المشترك.</p>",
        ),
        "en": Text(
            name="Against the demolition of the old market",
            summary="We refuse the demolition & stand with those who sell there.",
            content="<h2>Why</h2><p>Because the market is our common house.</p>",
        ),
    },
    published_at=datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
    url=f"{HOST}/statements/01statement",
    attachments=(
        Attachment(f"{HOST}/media/market.webp", "image/webp", alt="السوق صباحًا", role="image"),
        Attachment("https://market.example/plan", "text/html", role="link", name="Plan"),
    ),
    indexable=True,
)

SHORT_STATEMENT = replace(
    STATEMENT,
    uri=f"{HOST}/p/02statement",
    type="Note",
    texts={"es": Text(None, None, "<p>No al derribo del mercado viejo.</p>")},
    url=f"{HOST}/statements/02statement",
    attachments=(),
)

AID_REQUEST = Publication(
    uri=f"{HOST}/p/01request",
    kind="aid_request",
    type="Note",
    author=AUTHOR,
    visibility=Visibility.PUBLIC,
    to=(PUBLIC,),
    cc=(FOLLOWERS,),
    texts={
        "ar": Text(
            name="أغطية للشتاء",
            summary=None,
            content="<p>مطلوب: ملابس وأغطية – 40 – حتى 15 ديسمبر 2026 – تونس</p><p>لعائلات وصلت حديثًا.</p>",
        )
    },
    published_at=datetime(2026, 11, 21, 7, 0, tzinfo=UTC),
    url=f"{HOST}/aid/01request",
    details=AidDetails(
        purpose="request",
        action="transfer",
        what="clothing",
        quantity="40",
        unit="one",
        minimum="1",
        available="28.5",
        until=datetime(2026, 12, 15, 22, 59, tzinfo=UTC),
        place=Place(locality="تونس", country="TN"),
    ),
)

AID_OFFER = replace(
    AID_REQUEST,
    uri=f"{HOST}/p/01offer",
    kind="aid_offer",
    texts={
        "fr": Text(
            "Interprète arabe–français",
            None,
            "<p>Proposé : traduction – 10 heures – jusqu’au 31 déc. 2026</p>",
        )
    },
    url=f"{HOST}/aid/01offer",
    details=AidDetails(
        purpose="offer",
        action="deliverService",
        what="https://www.wikidata.org/wiki/Q7553",
        quantity="10",
        unit="hour",
    ),
)

NOTE = Publication(
    uri=f"{HOST}/p/01note",
    kind="note",
    type="Note",
    author=AUTHOR,
    visibility=Visibility.DIRECT,
    to=("https://masto.example/users/amal",),
    cc=(),
    texts={
        "ar": Text(
            None,
            "عن السكن",
            '<p><a href="https://masto.example/@amal" class="u-url mention" rel="nofollow noopener noreferrer">@amal</a> أهلًا بك غدًا.</p>',
        )
    },
    published_at=datetime(2026, 11, 22, 7, 0, tzinfo=UTC),
    url=f"{HOST}/n/01note",
    in_reply_to="https://masto.example/users/amal/statuses/1",
    context="https://masto.example/contexts/9",
    quote="https://masto.example/users/amal/statuses/0",
    tags=(
        Tag("mention", "@amal@masto.example", "https://masto.example/users/amal"),
        Tag("emoji", ":olive:", f"{HOST}/media/olive.png"),
    ),
    sensitive=True,
)

SAMPLES = {
    "event": EVENT,
    "statement": STATEMENT,
    "short-statement": SHORT_STATEMENT,
    "aid-request": AID_REQUEST,
    "aid-offer": AID_OFFER,
    "note": NOTE,
}
