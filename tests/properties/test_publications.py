"""Publications survive being written and read; documents of any shape are read or refused, never more than that."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fedi.errors import Invalid
from fedi.publications.activitystreams import build_object, parse_publication
from fedi.publications.aid.model import AidDetails
from fedi.publications.event.model import EventDetails
from fedi.publications.event.rules import complete
from fedi.publications.kinds import KNOWN_TYPES
from fedi.publications.model import Attachment, Publication, Tag, Text
from fedi.publications.place import Place
from fedi.text.direction import clean_line
from fedi.text.html import paragraphs_of, sanitise
from fedi.vocab.activity import parse_activity
from fedi.vocab.audience import Visibility, address
from fedi.vocab.strict import dump, parse_document
from tests.harness.chance import examples

NOW = datetime(2027, 1, 1, tzinfo=UTC)
AUTHOR = "https://h.example/a/x"
FOLLOWERS = f"{AUTHOR}/followers"

letters = st.characters(categories=["L", "M", "N", "P", "S", "Zs"]) | st.sampled_from(
    "\n\t\u202e<&>\"'"
)
raw_texts = st.text(letters, max_size=40)
lines = raw_texts.map(lambda text: clean_line(text, 200)).filter(bool)
contents = (raw_texts.map(paragraphs_of) | raw_texts).map(sanitise)
urls = st.from_regex(r"https://[a-z]{1,8}\.example/[a-z0-9/]{0,12}", fullmatch=True)
words = st.from_regex(r"[A-Za-z0-9]{1,12}", fullmatch=True)
languages = st.sampled_from(["ar", "en", "es", "fr", "ku", "zgh", "zh-CN", "sr-Latn"])
moments = st.datetimes(datetime(2001, 1, 1), datetime(2026, 1, 1)).map(  # noqa: DTZ001 - made aware below
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
spans = st.integers(1, 10**7).map(lambda seconds: timedelta(seconds=seconds))
degrees = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
amounts = st.integers(0, 10**9).map(str) | st.sampled_from(["0.5", "12.25", "100000.000001"])


@st.composite
def places(draw: st.DrawFn) -> Place:
    latitude, longitude = draw(st.none() | degrees) or (None, None)
    parts = {
        field: draw(st.none() | lines)
        for field in ("street", "postal_code", "locality", "region", "country")
    }
    return Place(
        name=draw(lines.filter(lambda name: name not in parts.values() and name != "–")),
        latitude=latitude,
        longitude=longitude,
        uri=draw(st.none() | urls),
        **parts,
    )


@st.composite
def events(draw: st.DrawFn) -> EventDetails:
    starts_at = draw(moments)
    timezone = draw(st.sampled_from([None, "Africa/Tunis", "Europe/Paris", "Asia/Kathmandu"]))
    join_mode: Any = draw(st.sampled_from(["free", "restricted", "external", "invite", "none"]))
    place = draw(st.none() | places())
    return EventDetails(
        starts_at=starts_at,
        ends_at=draw(st.none() | spans.map(lambda span: starts_at + span)),
        timezone=timezone,
        offset_minutes=None if timezone else draw(st.sampled_from([None, 60, -480, 345])),
        all_day=draw(st.booleans()),
        display_end=draw(st.booleans()),
        place=place,
        online_url=draw(st.none() | urls),
        status=draw(st.sampled_from(["confirmed", "tentative", "cancelled", "postponed"])),
        previous_starts_at=draw(st.none() | moments),
        category=draw(st.none() | words.map(str.upper)),
        join_mode=join_mode,
        external_url="https://forms.example/1" if join_mode == "external" else None,
        capacity=draw(st.none() | st.integers(1, 10**6)),
        participant_count=draw(st.none() | st.integers(0, 10**6)),
        remaining=draw(st.none() | st.integers(0, 10**6)),
        replies_open=draw(st.booleans()),
        is_online=draw(st.booleans()),
        contacts=tuple(draw(st.lists(urls, unique=True, max_size=3))),
    )


@st.composite
def aids(draw: st.DrawFn, purpose: Any) -> AidDetails:
    return AidDetails(
        purpose=purpose,
        action=draw(st.sampled_from(["transfer", "deliverService"])),
        what=draw(st.none() | urls | st.sampled_from(["food", "shelter"])),
        quantity=draw(st.none() | amounts),
        unit=draw(st.sampled_from(["one", "kilogram", "hour"])),
        minimum=draw(st.none() | amounts),
        available=draw(st.none() | amounts),
        until=draw(st.none() | moments),
        place=draw(st.none() | places()),
    )


@st.composite
def attachments(draw: st.DrawFn) -> Attachment:
    role: Any = draw(st.sampled_from(["banner", "image", "document", "link"]))
    if role == "link":
        return Attachment(draw(urls), "text/html", role="link", name=draw(st.none() | words))
    file_type = "application/pdf" if role == "document" else "image/png"
    return Attachment(
        url=draw(urls),
        media_type=file_type,
        alt=draw(st.none() | lines.filter(lambda alt: alt != "Banner")),
        width=draw(st.none() | st.integers(1, 9000)),
        height=draw(st.none() | st.integers(1, 9000)),
        focal=draw(st.none() | st.tuples(st.floats(-1, 1), st.floats(-1, 1))),
        role=role,
    )


def tags() -> st.SearchStrategy[Tag]:
    return (
        st.builds(Tag, st.just("hashtag"), words, st.none() | urls)
        | st.builds(Tag, st.just("mention"), words.map("@{}@x.example".format), urls)
        | st.builds(Tag, st.just("emoji"), words.map(":{}:".format), urls)
    )


def by_role(found: list[Attachment]) -> tuple[Attachment, ...]:
    return tuple(sorted(dict.fromkeys(found), key=lambda one: one.role != "banner"))


@st.composite
def publications(draw: st.DrawFn) -> Publication:
    kind, wire_type = draw(
        st.sampled_from(
            [
                ("event", "Event"),
                ("statement", "Article"),
                ("statement", "Note"),
                ("aid_request", "Note"),
                ("aid_offer", "Note"),
                ("note", "Note"),
            ]
        )
    )
    details: EventDetails | AidDetails | None = None
    if kind == "event":
        details = draw(events())
    elif kind.startswith("aid_"):
        details = draw(aids(kind.removeprefix("aid_")))
    visibility = draw(st.sampled_from([v for v in Visibility if v is not Visibility.LOCAL]))
    mentioned = ["https://x.example/1"]
    addressing = address(visibility, FOLLOWERS, mentioned)
    published_at = draw(moments)
    words_of = st.builds(Text, st.none() | lines, st.none() | lines, contents.filter(bool))
    return Publication(
        uri=draw(urls),
        kind=kind,
        type=wire_type,
        author=AUTHOR,
        visibility=visibility,
        to=addressing.to,
        cc=addressing.cc,
        texts=draw(st.dictionaries(languages, words_of, min_size=1, max_size=4)),
        published_at=published_at,
        updated_at=draw(st.none() | spans.map(lambda span: published_at + span)),
        url=draw(urls),
        in_reply_to=draw(st.none() | urls),
        context=draw(st.none() | urls),
        quote=draw(st.none() | urls),
        tags=tuple(draw(st.lists(tags(), unique=True, max_size=4))),
        attachments=by_role(draw(st.lists(attachments(), max_size=4))),
        sensitive=draw(st.booleans()),
        indexable=draw(st.none() | st.booleans()),
        details=details,
    )


@examples(60)
@given(publications())
def test_what_is_written_is_read_as_it_was(publication: Publication) -> None:
    raw = dump(build_object(publication, with_context=True))
    there = parse_publication(parse_document(raw), now=NOW, followers_uri=FOLLOWERS)
    if isinstance(publication.details, EventDetails):
        publication = replace(publication, details=complete(publication.details))
    assert there == publication
    assert list(there.texts) == list(publication.texts)


MEMBERS = (
    "id type attributedTo actor to cc name nameMap summary summaryMap content contentMap published updated url "
    "inReplyTo context quote quoteUri tag attachment image icon sensitive indexable startTime endTime timezone "
    "location address latitude longitude status eventStatus category joinMode externalParticipationUrl isOnline "
    "maximumAttendeeCapacity participantCount attendees contacts purpose publishes resourceQuantity hasUnit "
    "hasNumericalValue minimumQuantity reciprocal oneOf anyOf href mediaType width focalPoint blurhash rel "
    "publicationKind language inLanguage object target previousStartTime displayEndTime"
)
members = st.sampled_from(MEMBERS.split())
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | urls
    | st.sampled_from(sorted(KNOWN_TYPES))
    | st.sampled_from(
        [
            "Link",
            "Mention",
            "Hashtag",
            "Place",
            "VirtualLocation",
            "request",
            "https://[::1",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
            "2030-02-29T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00+99:99",
            "../../etc/passwd",
            "Africa/Tunis",
            "1e400",
            "as:Public",
        ]
    )
)
shapes: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(members | languages, inner, max_size=6)
    ),
    max_leaves=25,
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    document: dict[str, Any] = draw(st.dictionaries(members, shapes, max_size=14))
    likely = {
        "id": "https://x.example/1",
        "type": draw(st.sampled_from(sorted(KNOWN_TYPES))),
        "attributedTo": AUTHOR,
    }
    kept = draw(st.sets(st.sampled_from(sorted(likely)), min_size=2))
    return document | {member: likely[member] for member in kept}


@examples(200)
@given(documents())
def test_a_document_of_any_shape_is_read_or_refused_by_name(document: dict[str, Any]) -> None:
    try:
        publication = parse_publication(document, now=NOW)
    except Invalid as refusal:
        assert refusal.message_key != Invalid.default_key  # noqa: PT017 - both ends are allowed
        return
    dump(build_object(publication))


@examples(80)
@given(documents() | shapes)
def test_an_activity_of_any_shape_is_read_or_refused_by_name(document: Any) -> None:
    try:
        parse_activity(document)
    except Invalid as refusal:
        assert refusal.message_key.startswith("activity.")  # noqa: PT017 - both ends are allowed
