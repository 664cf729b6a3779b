"""Finding a date for an event: proposing moments, seeing who can when, deciding; answering such questions of others."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Final, cast

import msgspec

from actors import store as actor_store
from actors.model import Actor
from actors.rules import rule_of
from fedi.db.engine import Reader
from fedi.desk import lookup, publishing
from fedi.desk.details import Reading, read_place
from fedi.desk.drafts import TITLE_MAX, usual_language
from fedi.desk.moments import end_of_day, parse_typed
from fedi.desk.order import Done, Order, Result, Unfit
from fedi.desk.speaker import load_speaker
from fedi.desk.wishes import EventWish, PlaceWish, PublishOrder, Words
from fedi.errors import Conflict, Forbidden, Invalid, NotFound
from fedi.i18n.catalog import known_language
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.publications.activitystreams import build_object
from fedi.publications.compose import Draft, DraftText, Setting, compose
from fedi.publications.dates import answers
from fedi.publications.dates.activitystreams import FRAGMENT
from fedi.publications.dates.model import SLOTS_MAX, WISHES, DatesDetails, Slot, Wish
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication, Text
from fedi.publications.summaries import event_summary
from fedi.publications.visibility import may_read_here
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from fedi.vocab.read import href_of, language_tag, zone_of
from outbox import dating
from outbox.actions.create import create
from outbox.actions.update import update

SLOTS_MIN: Final = 2
SOURCE_MAX: Final = 5_000
# Languages besides the first.
ALSO_MAX: Final = 7
# A question stays open so long when nobody says until when.
USUAL: Final = timedelta(days=14)


class Moment(Order, frozen=True, kw_only=True):
    """One of the proposed moments, as typed: "2026-12-05T18:00"; without an end it is left open."""

    starts: str
    ends: str = ""


class AskOrder(Order, frozen=True, kw_only=True):
    """What is to take place, where, the moments that are proposed, until when answers are taken (a day, or two weeks).

    `also`: the title and the words in other languages.
    """

    title: str
    words: str = ""
    language: str = ""
    also: tuple[Words, ...] = ()
    moments: tuple[Moment, ...] = ()
    zone: str = ""
    until: str = ""
    place: PlaceWish = PlaceWish()
    online_url: str = ""
    visibility: str = "public"
    actor: str = ""


class WhichOrder(Order, frozen=True, kw_only=True):
    """A question for a date."""

    which: str
    actor: str = ""


class RewordOrder(Order, frozen=True, kw_only=True):
    """Other words for a question of ours: in its own language, and in others."""

    which: str
    title: str
    words: str = ""
    also: tuple[Words, ...] = ()
    actor: str = ""


class DecideOrder(Order, frozen=True, kw_only=True):
    """A question of ours, and the number of the moment that it is to be, from 1; 0: none, it is only closed."""

    which: str
    number: int
    actor: str = ""


class AnswerOrder(Order, frozen=True, kw_only=True):
    """A question, and for each of its moments in their order coming, maybe, not_coming, or nothing."""

    which: str
    wishes: tuple[str, ...]
    actor: str = ""


class Asked(Result, frozen=True, kw_only=True):
    """The question."""

    uri: str


class Choice(Result, frozen=True, kw_only=True):
    """One moment: how it is told, how many can, perhaps can, cannot. `ours`: what the collective answered itself."""

    uri: str
    name: str
    starts_at: datetime
    coming: int
    maybe: int
    not_coming: int
    ours: str = ""


class Voter(Result, frozen=True, kw_only=True):
    """Somebody who answered, and what, moment by moment; empty where they said nothing."""

    name: str
    handle: str
    uri: str
    wishes: list[str]


class Table(Result, frozen=True, kw_only=True):
    """A question, its moments, and who can when; of a question of others without names. `words`: of ours, the original first."""

    uri: str
    title: str
    is_open: bool
    event_uri: str
    ends_at: datetime | None
    choices: list[Choice]
    voters: list[Voter]
    words: list[Words] = msgspec.field(default_factory=list)


async def ask(instance: Instance, order: AskOrder) -> Asked:
    """Propose moments. Raises Unfit with everything that must be mended, NotFound."""
    author = await instance.look(lambda rx: load_speaker(rx, order.actor))
    config = instance.config.instance
    reading = Reading()
    language = language_tag(order.language) if order.language else None
    language = language or usual_language(author, config.language)
    said = _said(reading, language, order.title, order.words, order.also)
    if order.visibility not in ("public", "quiet", "followers"):
        reading.wrong("visibility", "reading.audience")
    now = instance.clock.now()
    uri = instance.urls.publication("note", new_public_id(instance.told_now))
    details = _details(reading, order, uri, language, now, config.timezone)
    if reading.problems:
        raise Unfit(reading.problems)
    setting = Setting(
        author=author,
        uri=uri,
        published_at=instance.told_now,
        hashtag_url=instance.urls.hashtag,
        mentioned={},
    )
    question = _worded(said, details, setting, Visibility(order.visibility))
    assert len(str(build_object(question))) < publishing.OBJECT_BYTES_MAX

    def go_out(unit: Unit) -> Asked:
        create(unit, author, question)
        return Asked(uri=question.uri)

    return await instance.change(go_out)


async def reword(instance: Instance, order: RewordOrder) -> Asked:
    """Say a question of ours in other words, while nobody has answered it: the moments stay what they are.

    Raises Unfit, NotFound, Invalid when somebody answered or it is closed.
    """

    def work(unit: Unit) -> Asked:
        ours = load_speaker(unit.tx, order.actor)
        poll, details = _load_own(unit.tx, instance, ours, order.which)
        if rule_of(unit.tx, ours.uri).two_people:
            raise Forbidden("reading.two_people")
        if not details.is_open(unit.now):
            raise Invalid("dates.closed", field="which")
        if answers.count_voters(unit.tx, poll.uri):
            raise Invalid("dates.no_change", field="which")
        reading = Reading()
        said = _said(reading, poll.language, order.title, order.words, order.also)
        if reading.problems:
            raise Unfit(reading.problems)
        setting = Setting(
            author=ours,
            uri=poll.uri,
            published_at=poll.published_at,
            hashtag_url=instance.urls.hashtag,
            mentioned={},
        )
        made = _worded(said, details, setting, poll.visibility)
        if made.texts != poll.texts:
            update(
                unit, ours, replace(poll, texts=made.texts, tags=made.tags, details=made.details)
            )
        return Asked(uri=poll.uri)

    return await instance.change(work)


def _said(
    reading: Reading, language: str, title: str, words: str, also: Sequence[Words]
) -> list[Words]:
    """The title and the words in every language, the original first; what is left empty is left out."""
    found: dict[str, Words] = {}
    for number, each in enumerate((Words(language=language, title=title, source=words), *also[:ALSO_MAX])):  # fmt: skip
        end = f"-{number}" if number else ""
        source = each.source or ""
        if number and not (each.title or "").strip() and not source.strip():
            continue
        line = reading.line(each.title or "", f"title{end}", TITLE_MAX) or ""
        if not line:
            reading.wrong(f"title{end}", "publication.name_missing")
        if len(source) > SOURCE_MAX:
            reading.wrong(f"words{end}", "desk.line_too_long", limit=SOURCE_MAX)
        tag = language_tag(each.language)
        if tag is None:
            reading.wrong(
                f"language{end}", "desk.language_form", language=each.language[:40] or "–"
            )
        elif tag in found:
            reading.wrong(f"language{end}", "dates.language_twice")
        else:
            found[tag] = Words(language=tag, title=line, source=source)
    return list(found.values())


def _worded(
    said: Sequence[Words], details: DatesDetails, setting: Setting, visibility: Visibility
) -> Publication:
    """The question in these words; the title stands above the text of each language."""
    made = compose(
        Draft(
            kind="note",
            texts={each.language: DraftText("", each.source or "") for each in said},
            visibility=visibility,
        ),
        setting,
    )
    titles = {each.language: each.title or "" for each in said}
    texts = {
        tag: Text(
            None,
            None,
            f"<p><strong>{escape(titles[tag], quote=False)}</strong></p>{text.content}",
            text.source,
        )
        for tag, text in made.texts.items()
    }
    known = replace(details, title=titles[said[0].language], titles=titles)
    return replace(made, type="Question", texts=texts, details=known)


def _words_of(poll: Publication, details: DatesDetails) -> list[Words]:
    return [
        Words(language=tag, title=details.titles.get(tag, details.title), source=text.source or "")
        for tag, text in poll.texts.items()
    ]


async def show(instance: Instance, order: WhichOrder) -> Table:
    """Who can when: of a question of ours with names. Raises NotFound, Invalid."""

    def look(rx: Reader) -> Table:
        ours = load_speaker(rx, order.actor)
        poll, _ = _load(rx, instance, ours, order.which)
        found = table_of(rx, ours, poll, instance.clock.now())
        assert found is not None
        return found

    return await instance.look(look)


async def decide(instance: Instance, order: DecideOrder) -> Asked:
    """Make the event of one of the moments and tell whoever answered; or close the question without one (its own id is told).

    Raises NotFound, Invalid, Conflict when it was decided before, and what publishing raises.
    """

    def look(rx: Reader) -> tuple[Actor, Publication, DatesDetails]:
        ours = load_speaker(rx, order.actor)
        poll, details = _load_own(rx, instance, ours, order.which)
        if rule_of(rx, ours.uri).two_people:
            raise Forbidden("reading.two_people")
        return ours, poll, details

    ours, poll, details = await instance.look(look)
    if not 0 <= order.number <= len(details.slots):
        raise Invalid("dates.number", field="number")

    def close(unit: Unit, event: Publication | None) -> None:
        now, still = _load_own(unit.tx, instance, ours, poll.uri)
        if still.closed_at is not None:
            raise Conflict("dates.decided", detail=poll.uri)
        dating.close(unit, ours, now, event)

    if details.closed_at is not None:
        raise Conflict("dates.decided", detail=poll.uri)
    if order.number == 0:
        await instance.change(lambda unit: close(unit, None))
        return Asked(uri=poll.uri)
    told = await publishing.publish(
        instance,
        _event_order(ours, poll, details, details.slots[order.number - 1]),
        lambda unit, made: close(unit, made[0]),
    )
    return Asked(uri=told.uri)


async def answer(instance: Instance, order: AnswerOrder) -> Done:
    """Say when a collective can. Raises Invalid, NotFound, Forbidden, RemoteError."""
    unknown = next((each for each in order.wishes if each and each not in WISHES), None)
    if unknown is not None:
        raise Invalid("desk.choice", field="wishes", value=unknown[:60], allowed=", ".join(WISHES))
    poll = await lookup.find_or_fetch(instance, order.which)

    def work(unit: Unit) -> Done:
        ours = load_speaker(unit.tx, order.actor)
        now, details = _load(unit.tx, instance, ours, poll.uri)
        if len(order.wishes) > len(details.slots):
            raise Invalid("dates.number", field="wishes")
        said = zip(details.slots, order.wishes, strict=False)
        wishes = {slot.uri: cast(Wish, wish) for slot, wish in said if wish}
        if not wishes:
            raise Invalid("dates.nothing_said", field="wishes")
        return Done(changed=dating.answer(unit, ours, now, wishes))

    return await instance.change(work)


def table_of(rx: Reader, ours: Actor, poll: Publication, now: datetime) -> Table | None:
    """Who can when, as far as this collective may know; None when it is no question for a date."""
    details = poll.details
    if not isinstance(details, DatesDetails):
        return None
    own = poll.author == ours.uri
    everybody = answers.everybody(rx, poll.uri) if own else {}
    known = actor_store.list_by_uri(rx, list(everybody))
    return Table(
        uri=poll.uri,
        title=details.title,
        is_open=details.is_open(now),
        event_uri=details.event_uri or "",
        ends_at=details.ends_at,
        choices=_choices(details, everybody, answers.of(rx, poll.uri, ours.uri), own=own),
        voters=[_voter(who, said, known.get(who), details) for who, said in everybody.items()],
        words=_words_of(poll, details) if own else [],
    )


def _load(
    rx: Reader, instance: Instance, ours: Actor, which: str
) -> tuple[Publication, DatesDetails]:
    poll = lookup.load_for(rx, instance.urls, ours.uri, which)
    if not may_read_here(rx, ours, poll):
        raise NotFound("error.publication_not_found", detail="desk")
    if not isinstance(poll.details, DatesDetails):
        raise Invalid("dates.no_question", field="which")
    return poll, poll.details


def _load_own(
    rx: Reader, instance: Instance, ours: Actor, which: str
) -> tuple[Publication, DatesDetails]:
    poll, details = _load(rx, instance, ours, which)
    if poll.author != ours.uri:
        raise NotFound("error.publication_not_found", detail="desk")
    return poll, details


def _details(
    reading: Reading,
    order: AskOrder,
    uri: str,
    language: str,
    now: datetime,
    usual_zone: str,
) -> DatesDetails:
    zone_name = order.zone.strip() or usual_zone
    zone = zone_of(zone_name)
    if zone is None:
        reading.wrong("zone", "event.timezone_unknown")
    place = read_place(reading, order.place, None)
    online = href_of(order.online_url.strip()) if order.online_url.strip() else None
    if order.online_url.strip() and online is None:
        reading.wrong("online_url", "error.address")
    if place is None and online is None:
        reading.wrong("place_name", "event.place_missing")
    moments = [each for each in order.moments if each.starts.strip() or each.ends.strip()]
    if not SLOTS_MIN <= len(moments) <= SLOTS_MAX:
        reading.wrong("moments", "dates.how_many", least=SLOTS_MIN, most=SLOTS_MAX)
    slots: list[Slot] = []
    for number, each in enumerate(moments[:SLOTS_MAX], 1):
        slot = _slot(reading, each, f"{uri}{FRAGMENT}{number}", language, zone_name, now)
        if slot is not None and (slot.starts_at, slot.ends_at) in {
            (other.starts_at, other.ends_at) for other in slots
        }:
            reading.wrong("moments", "dates.twice")
        elif slot is not None:
            slots.append(slot)
    slots.sort(key=lambda each: each.starts_at)
    ends_at = _until(reading, order.until, zone_name, slots, now)
    return DatesDetails(
        slots=tuple(slots),
        timezone=zone_name,
        place=place,
        online_url=online,
        ends_at=ends_at,
    )


def _until(
    reading: Reading, text: str, zone_name: str, slots: Sequence[Slot], now: datetime
) -> datetime | None:
    """Answers are of no use once the first of the moments has come."""
    if not slots:
        return None
    if not text.strip():
        return min(now + USUAL, slots[0].starts_at)
    found = _moment(reading, text, zone_name, "until")
    if found is None:
        return None
    if found <= now:
        reading.wrong("until", "dates.past")
    return min(found, slots[0].starts_at)


def _slot(
    reading: Reading, typed: Moment, uri: str, language: str, zone_name: str, now: datetime
) -> Slot | None:
    begins = _moment(reading, typed.starts, zone_name, "moments")
    ends = _moment(reading, typed.ends, zone_name, "moments") if typed.ends.strip() else None
    if begins is None:
        return None
    if begins <= now:
        reading.wrong("moments", "dates.past")
        return None
    if ends is not None and ends <= begins:
        reading.wrong("moments", "event.ends_before_start")
        return None
    shown = EventDetails(starts_at=begins, ends_at=ends, timezone=zone_name, display_end=ends is not None)  # fmt: skip
    return Slot(uri, event_summary(shown, known_language(language) or "en"), begins, ends)


def _moment(reading: Reading, text: str, zone_name: str, field: str) -> datetime | None:
    zone = zone_of(zone_name) or UTC
    try:
        typed = parse_typed(text.strip(), zone, field)
    except Invalid as refusal:
        reading.refused(refusal)
        return None
    if typed.is_day and field == "moments":
        reading.wrong("moments", "dates.hour")
        return None
    return end_of_day(typed, zone).astimezone(UTC)


def _event_order(ours: Actor, poll: Publication, details: DatesDetails, slot: Slot) -> PublishOrder:
    """The event that comes of the question."""
    zone = zone_of(details.timezone) or UTC
    place = details.place

    def local(at: datetime | None) -> str | None:
        return None if at is None else f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"

    return PublishOrder(
        kind="event",
        actor=ours.username,
        words=tuple(_words_of(poll, details)),
        visibility=poll.visibility.value,
        event=EventWish(
            starts=local(slot.starts_at),
            ends=local(slot.ends_at),
            zone=details.timezone,
            online_url=details.online_url,
        ),
        place=PlaceWish(name=place.name, street=place.street, city=place.locality)
        if place is not None
        else PlaceWish(),
    )


def _choices(
    details: DatesDetails,
    everybody: Mapping[str, Mapping[str, Wish]],
    ours: Mapping[str, Wish],
    *,
    own: bool,
) -> list[Choice]:
    found = []
    for slot in details.slots:
        said = [wishes[slot.uri] for wishes in everybody.values() if slot.uri in wishes]
        # closed, and of others, only how many can is known
        counts = own and details.closed_at is None
        found.append(
            Choice(
                uri=slot.uri,
                name=slot.name,
                starts_at=slot.starts_at,
                coming=said.count("coming") if counts else slot.votes,
                maybe=said.count("maybe"),
                not_coming=said.count("not_coming"),
                ours=ours.get(slot.uri, ""),
            )
        )
    return found


def _voter(who: str, said: Mapping[str, Wish], actor: Actor | None, details: DatesDetails) -> Voter:
    return Voter(
        name=actor.title if actor is not None else who,
        handle=actor.handle if actor is not None else who,
        uri=who,
        wishes=[said.get(each.uri, "") for each in details.slots],
    )
