"""What strangers said and waits for a decision here: seen, let through, or put away with whoever sent it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from actors import blocks, follows
from actors import store as actor_store
from fedi.canonical import host_of
from fedi.db.engine import Reader
from fedi.desk import blocking, lookup
from fedi.desk.deciding import ByOrder, check_why, decided
from fedi.desk.order import Notice, Order, Result, choice
from fedi.errors import Gone, Invalid, NotFound
from fedi.instance import Instance
from fedi.moderation.decisions import Kind
from fedi.publications import store
from fedi.publications.store import Held
from fedi.text.excerpt import excerpt
from fedi.unit import Unit
from inbox import held
from inbox.held import Outcome

SEEN_MAX: Final = 20_000
PAGE_MAX: Final = 200
PORTION: Final = 50
NAMED_MAX: Final = 20
NOTED_MAX: Final = 200
LINE_LENGTH: Final = 140
THEN: Final = ("", "limit_author", "limit_host", "block_author", "block_host")


class ListOrder(Order, frozen=True, kw_only=True):
    """The newest that waits; `host`: only from there and below; `before`: the `row` of the last one already seen."""

    host: str = ""
    most: int = 50
    before: str = ""


class DecideOrder(ByOrder, frozen=True, kw_only=True):
    """About what is decided: these addresses, or all that came from a host, or everything.

    `then`: what happens to the authors or hosts of what is refused. With `everything`, hosts and authors with whom
    there are follows are left alone, unless `ends_follows`.
    """

    which: tuple[str, ...] = ()
    from_host: str = ""
    everything: bool = False
    then: str = ""
    ends_follows: bool = False


class Waiting(Result, frozen=True, kw_only=True):
    """Something that waits, on one line. `why`: names of reasons."""

    row: str
    uri: str
    kind: str
    author: str
    host: str
    visibility: str
    in_reply_to: str
    title: str
    came_at: datetime
    why: list[str]


class ReasonCount(Result, frozen=True, kw_only=True):
    """How much waits for this reason, among others."""

    reason: str
    count: int


class HostCount(Result, frozen=True, kw_only=True):
    """How much waits that came from a host."""

    host: str
    count: int


class Waitings(Result, frozen=True, kw_only=True):
    """The newest first; how many there are in all, the hosts from which most came, and for which reasons they wait."""

    entries: list[Waiting]
    total: int
    hosts: list[HostCount]
    reasons: list[ReasonCount]


class Decided(Result, frozen=True, kw_only=True):
    """How many were decided about; what was shown already, withdrawn meanwhile, or comes from somebody shut out; who was
    limited or shut out, and who was left because follows would end."""

    decided: int
    not_held: list[str]
    gone: list[str]
    shut_out: list[str]
    targets: list[str]
    left: list[str]
    notices: tuple[Notice, ...] = ()


async def list_waiting(instance: Instance, order: ListOrder) -> Waitings:
    """What waits. Raises Invalid."""
    if not 1 <= order.most <= PAGE_MAX:
        raise Invalid("desk.number_range", field="most", least=1, most=PAGE_MAX)
    before = row_of(order.before)
    host = blocking.host_elsewhere(instance, order.host) if order.host else ""

    def look(rx: Reader) -> Waitings:
        found = _from_host(store.list_held(rx, SEEN_MAX), host)
        page = [each for each in found if before is None or each.row_id < before]
        counted: dict[str, int] = {}
        for each in found:
            counted[host_of(each.author_uri)] = counted.get(host_of(each.author_uri), 0) + 1
        hosts = _most_first(counted)
        reasons = _most_first(Counter(reason for each in found for reason in each.why))
        return Waitings(
            entries=[_waiting(rx, each) for each in page[: order.most]],
            total=len(found),
            hosts=[HostCount(host=name, count=count) for name, count in hosts[:NAMED_MAX]],
            reasons=[ReasonCount(reason=name, count=count) for name, count in reasons],
        )

    return await instance.look(look)


async def release(instance: Instance, order: DecideOrder) -> Decided:
    """Let it be shown. Raises Invalid, NotFound for an address that never came."""
    if order.then:
        raise Invalid("held.then", field="then")
    check_why(order)
    chosen, gone = await _chosen(instance, order)
    outcomes: list[tuple[str, Outcome]] = []
    for some in _portions(chosen):
        outcomes += await instance.change(partial(_release, order=order, uris=some))
    await _note_many(instance, order, "release", outcomes)
    return _decided(outcomes, gone, [], [])


async def refuse(instance: Instance, order: DecideOrder) -> Decided:
    """Delete it here, and limit or shut out whom it came from if that is wanted. Raises Invalid, NotFound."""
    choice(order.then, THEN, "then")
    check_why(order)
    chosen, gone = await _chosen(instance, order)
    is_careful = order.everything and not order.ends_follows
    outcomes: list[tuple[str, Outcome]] = []
    targets: dict[str, bool] = {}
    for some in _portions(chosen):
        more, dealt = await instance.change(
            partial(_refuse, order=order, uris=some, is_careful=is_careful)
        )
        outcomes += more
        targets.update(dealt)
    await _note_many(instance, order, "refuse", outcomes)
    return _decided(
        outcomes,
        gone,
        [target for target, is_done in targets.items() if is_done],
        [target for target, is_done in targets.items() if not is_done],
    )


async def _note_many(
    instance: Instance, order: DecideOrder, done: str, outcomes: Sequence[tuple[str, Outcome]]
) -> None:
    """Of what was decided about in one go, only the hosts are remembered: a wave may be thousands."""
    if order.which:
        return
    found = dict.fromkeys(host_of(uri) for uri, outcome in outcomes if outcome == held.DONE)

    def work(unit: Unit) -> None:
        for host in list(found)[:NOTED_MAX]:
            decided(unit, order, "host", host, done)

    if found:
        await instance.change(work)


def _most_first(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))


def row_of(text: str) -> int | None:
    """The row that a person or a page names as the last one seen. Raises Invalid."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise Invalid("desk.row_form", field="before")
    return min(int(text), 2**63 - 1)


def _release(unit: Unit, *, order: DecideOrder, uris: Sequence[str]) -> list[tuple[str, Outcome]]:
    outcomes = [(uri, held.release(unit, uri)) for uri in uris]
    for uri, outcome in outcomes:
        if order.which and outcome == held.DONE:
            decided(unit, order, "publication", uri, "release")
    return outcomes


def _refuse(
    unit: Unit, *, order: DecideOrder, uris: Sequence[str], is_careful: bool
) -> tuple[list[tuple[str, Outcome]], dict[str, bool]]:
    """Delete these, and deal with whom they came from in the same transaction."""
    then = order.then
    targets: dict[str, bool] = {}
    outcomes: list[tuple[str, Outcome]] = []
    tied = blocks.ties_by_domain(unit.tx) if is_careful and then.endswith("host") else {}
    for uri in uris:
        publication = store.find(unit.tx, uri)
        outcomes.append((uri, held.refuse(unit, uri)))
        if publication is None or outcomes[-1][1] != held.DONE:
            continue
        if order.which:
            decided(unit, order, "publication", uri, "refuse")
        if not then:
            continue
        author = publication.author
        target = author if then.endswith("author") else blocking.bare_host(author)
        if target not in targets:
            is_left = target in tied or (is_careful and _has_follow(unit, author))
            targets[target] = not is_left and _deal_with(unit, order, target)
    return outcomes, targets


def _has_follow(unit: Unit, uri: str) -> bool:
    """Whether this actor follows one of ours, or the other way round."""
    return any(
        follows.find(unit.tx, uri, ours.uri) or follows.find(unit.tx, ours.uri, uri)
        for ours in actor_store.list_collectives(unit.tx)
    )


def _deal_with(unit: Unit, order: DecideOrder, target: str) -> bool:
    """Limit or shut out; False for what would be ourselves."""
    then = order.then
    if then.endswith("host") and blocks.covers(target, unit.urls.host):
        return False
    if then == "block_host":
        blocking.shut_out(unit, target)
    elif then == "block_author":
        blocking.shut_out_actor(unit, target)
    elif then == "limit_host":
        blocks.limit(unit, target, blocks.HOST)
    else:
        blocking.hush(unit, target)
    kind: Kind = "host" if then.endswith("host") else "actor"
    decided(unit, order, kind, target, then.partition("_")[0])
    return True


async def _chosen(instance: Instance, order: DecideOrder) -> tuple[list[str], list[str]]:
    """What is meant: the ids that are here, and those that were withdrawn. Raises Invalid, NotFound."""
    if bool(order.which) + bool(order.from_host) + order.everything != 1:
        raise Invalid("held.which", field="which")
    if order.which:
        return await instance.look(lambda rx: _by_address(rx, instance, order.which))
    host = blocking.host_elsewhere(instance, order.from_host) if order.from_host else ""
    found = await instance.look(lambda rx: _from_host(store.list_held(rx, SEEN_MAX), host))
    return [each.uri for each in found], []


def _by_address(
    rx: Reader, instance: Instance, which: Sequence[str]
) -> tuple[list[str], list[str]]:
    here: dict[str, None] = {}
    gone: dict[str, None] = {}
    for each in which:
        try:
            here[lookup.load(rx, instance.urls, each).uri] = None
        except Gone:
            gone[each] = None
        except NotFound as problem:
            raise NotFound("held.unknown", field="which", which=each[:200]) from problem
    return list(here), list(gone)


def _from_host(found: Sequence[Held], host: str) -> list[Held]:
    return [each for each in found if not host or blocks.covers(host, host_of(each.author_uri))]


def _portions(uris: Sequence[str]) -> Iterator[Sequence[str]]:
    """Few at once, so that the server goes on meanwhile."""
    for start in range(0, len(uris), PORTION):
        yield uris[start : start + PORTION]


def _decided(
    outcomes: Sequence[tuple[str, Outcome]],
    gone: Sequence[str],
    targets: list[str],
    left: list[str],
) -> Decided:
    def those(wanted: Outcome) -> list[str]:
        return [uri for uri, outcome in outcomes if outcome == wanted]

    sorted_out = {
        "held.not_held": those("not_held"),
        "held.gone": [*gone, *those("gone")],
        "held.shut_out": those("shut_out"),
        "held.left": left,
    }
    return Decided(
        decided=len(those(held.DONE)),
        not_held=sorted_out["held.not_held"],
        gone=sorted_out["held.gone"],
        shut_out=sorted_out["held.shut_out"],
        targets=targets,
        left=left,
        notices=tuple(
            Notice(key, {"which": ", ".join(some[:NAMED_MAX])})
            for key, some in sorted_out.items()
            if some
        ),
    )


def _waiting(rx: Reader, waits: Held) -> Waiting:
    publication = store.load(rx, waits.uri)
    author = actor_store.find(rx, publication.author)
    words = publication.original
    return Waiting(
        row=str(waits.row_id),
        uri=publication.uri,
        kind=publication.kind,
        author=author.handle if author else publication.author,
        host=host_of(publication.author),
        visibility=publication.visibility.value,
        in_reply_to=publication.in_reply_to or "",
        title=words.name or excerpt(words.content, LINE_LENGTH),
        came_at=waits.stored_at,
        why=list(waits.why),
    )
