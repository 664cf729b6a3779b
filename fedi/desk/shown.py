"""What a person at the desk sees of publications: one in full, a timeline in lines."""

from collections.abc import Mapping
from datetime import datetime

from actors import blocks
from actors import store as actor_store
from actors.model import Actor
from fedi import chores
from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.desk import lookup
from fedi.desk.moments import parse_typed
from fedi.desk.order import Order, Result, choice
from fedi.desk.speaker import load_speaker
from fedi.errors import Invalid
from fedi.instance import Instance
from fedi.publications import store, timeline
from fedi.publications.aid.model import AidDetails
from fedi.publications.event.model import EventDetails
from fedi.publications.kinds import KIND_NAMES
from fedi.publications.model import Publication
from fedi.publications.summaries import aid_first_line, event_summary
from fedi.text.excerpt import excerpt
from fedi.text.html import text_of
from fedi.vocab.read import zone_of
from outbox import store as outbox_store

TIMELINE_MAX = 200
REPLIES_MAX = 50
LINE_LENGTH = 140


class ShowOrder(Order, frozen=True, kw_only=True):
    """One publication: its id, or the 26 characters at its end. `language`: in which summaries are told."""

    which: str
    language: str = "en"


class TimelineOrder(Order, frozen=True, kw_only=True):
    """The newest of what a collective has in front of it; `before`: only what is older than this moment."""

    actor: str = ""
    kind: str = ""
    most: int = 20
    before: str = ""


class Words(Result, frozen=True, kw_only=True):
    """The words in one language. `text` is plain; `source` is what was typed here."""

    language: str
    title: str
    summary: str
    text: str
    source: str | None


class File(Result, frozen=True, kw_only=True):
    """An attachment."""

    url: str
    media_type: str
    alt: str


class Line(Result, frozen=True, kw_only=True):
    """A publication on one line."""

    uri: str
    id: str
    kind: str
    author: str
    boosted_by: str
    title: str
    published_at: datetime


class Shown(Result, frozen=True, kw_only=True):
    """One publication. `line`: when and where, or what is needed. `deliveries`: state → number, for ours."""

    uri: str
    id: str
    kind: str
    type: str
    author: str
    author_name: str
    visibility: str
    published_at: datetime
    updated_at: datetime | None
    edits: int
    url: str
    in_reply_to: str
    is_local: bool
    is_held: bool
    words: list[Words]
    line: str
    starts_at: datetime | None
    ends_at: datetime | None
    timezone: str
    all_day: bool
    status: str
    place: str
    online_url: str
    files: list[File]
    replies: list[Line]
    deliveries: dict[str, int]


class Timeline(Result, frozen=True, kw_only=True):
    """The newest first."""

    entries: list[Line]


async def show(instance: Instance, order: ShowOrder) -> Shown:
    """A publication that is here. Raises NotFound, Gone.

    Looking at somebody else's thread has the answers fetched that never came this way: in the background, and
    within bounds. Looking at what is held asks nobody.
    """
    zone = instance.config.instance.timezone
    shown = await instance.look(
        lambda rx: _shown(rx, lookup.load(rx, instance.urls, order.which), order.language, zone)
    )
    if not shown.is_held and not instance.urls.is_ours(shown.uri):
        await instance.change(lambda unit: chores.add(unit, chores.REPLIES, shown.uri))
    return shown


async def show_timeline(instance: Instance, order: TimelineOrder) -> Timeline:
    """What a collective has in front of it. Raises Invalid, NotFound."""
    if order.kind:
        choice(order.kind, tuple(KIND_NAMES), "kind")
    if not 1 <= order.most <= TIMELINE_MAX:
        raise Invalid("desk.number_range", field="most", least=1, most=TIMELINE_MAX)
    before = None
    if order.before:
        zone = zone_of(instance.config.instance.timezone)
        assert zone is not None
        before = to_ms(parse_typed(order.before, zone, "before").at)

    def look(rx: Reader) -> Timeline:
        ours = load_speaker(rx, order.actor)
        entries = timeline.list_entries(rx, ours.uri, order.most, before, order.kind or None)
        found = [
            (publication, each.boosted_by)
            for each in entries
            if blocks.is_heard_by(
                rx, (publication := store.load(rx, each.publication_uri)).author, ours.uri
            )
        ]
        people = actor_store.list_by_uri(
            rx, list({uri for each, by in found for uri in (each.author, by) if uri})
        )
        return Timeline(entries=[line_of(each, people, boosted_by=by) for each, by in found])

    return await instance.look(look)


def _shown(rx: Reader, publication: Publication, language: str, zone: str) -> Shown:
    author = actor_store.find(rx, publication.author)
    details = publication.details
    event = details if isinstance(details, EventDetails) else None
    place = details.place if details is not None else None
    replies = store.list_replies(rx, publication.uri, REPLIES_MAX)
    people = actor_store.list_by_uri(rx, list({each.author for each in replies}))
    counted: dict[str, int] = {}
    for each in outbox_store.list_deliveries(rx, publication.uri):
        counted[each.state] = counted.get(each.state, 0) + 1
    return Shown(
        uri=publication.uri,
        id=publication.uri.rpartition("/")[2],
        kind=publication.kind,
        type=publication.type,
        author=author.handle if author else publication.author,
        author_name=author.title if author else "",
        visibility=publication.visibility.value,
        published_at=publication.published_at,
        updated_at=publication.updated_at,
        edits=len(store.list_edits(rx, publication.uri)),
        url=publication.url or publication.uri,
        in_reply_to=publication.in_reply_to or "",
        is_local=author is not None and author.is_local,
        is_held=store.is_held(rx, publication.uri),
        words=[
            Words(
                language=tag,
                title=text.name or "",
                summary=text.summary or "",
                text=text_of(text.content),
                source=text.source,
            )
            for tag, text in publication.texts.items()
        ],
        line=_essential(publication, language, zone),
        starts_at=event.starts_at if event else None,
        ends_at=event.ends_at if event and event.display_end else None,
        timezone=(event.timezone or "") if event else "",
        all_day=event.all_day if event else False,
        status=event.status if event else "",
        place=place.label if place else "",
        online_url=(event.online_url or "") if event else "",
        files=[
            File(url=each.url, media_type=each.media_type, alt=each.alt or "")
            for each in publication.attachments
        ],
        replies=[line_of(each, people) for each in replies],
        deliveries=counted,
    )


def _essential(publication: Publication, language: str, zone: str) -> str:
    """When and where; what is needed, how much, until when."""
    if isinstance(publication.details, EventDetails):
        return event_summary(publication.details, language)
    if isinstance(publication.details, AidDetails):
        return aid_first_line(publication.details, language, publication.original.name, zone=zone)
    return ""


def line_of(
    publication: Publication, people: Mapping[str, Actor], *, boosted_by: str | None = None
) -> Line:
    """One line of a list. `people`: actors by id, as far as they are known."""

    def handle(uri: str | None) -> str:
        if uri is None:
            return ""
        return people[uri].handle if uri in people else uri

    words = publication.original
    return Line(
        uri=publication.uri,
        id=publication.uri.rpartition("/")[2],
        kind=publication.kind,
        author=handle(publication.author),
        boosted_by=handle(boosted_by),
        title=words.name or excerpt(words.content, LINE_LENGTH),
        published_at=publication.published_at,
    )
