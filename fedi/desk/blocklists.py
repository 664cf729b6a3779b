"""Block lists of others: a list enters as drafts, a person decides about each, and only then somebody is shut out."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from actors import blocks
from actors.blocks import Ties
from fedi.canonical import canonical
from fedi.db.engine import Reader
from fedi.desk import blocking
from fedi.desk.collectives import NoOrder
from fedi.desk.deciding import ByOrder, check_why, decided
from fedi.desk.order import Done, Notice, Order, Result
from fedi.errors import Invalid, NotFound
from fedi.instance import Instance
from fedi.media import cache
from fedi.moderation import blocklists, decisions, subscriptions
from fedi.moderation.blocklists import LIFT, Draft, Taken
from fedi.moderation.listed_hosts import BLOCK, LIMIT, ParsedList, host_name, parse_list, write_list
from fedi.text.direction import clean_line
from fedi.unit import Unit

SHOWN_MAX: Final = 1000
AT_ONCE: Final = 500
NO_TIES: Final = Ties()


class ImportOrder(Order, frozen=True, kw_only=True):
    """A list: its content and the name it is known by here, or the address it is fetched from."""

    content: bytes = b""
    source: str = ""
    url: str = ""


class SourceOrder(Order, frozen=True, kw_only=True):
    """The drafts of one source, else of all."""

    source: str = ""


class AddressOrder(Order, frozen=True, kw_only=True):
    """The address of a list."""

    url: str


class DecideOrder(ByOrder, frozen=True, kw_only=True):
    """About which drafts is decided: those of these hosts, or all of them; of one source, or of every one.

    With `everything`, drafts that would end follows are left for a person to name, unless `ends_follows`.
    """

    hosts: tuple[str, ...] = ()
    source: str = ""
    everything: bool = False
    ends_follows: bool = False


class Imported(Result, frozen=True, kw_only=True):
    """What became of the rows of a list."""

    source: str
    drafts: int
    lifted: int
    in_force: int
    ours: int
    obfuscated: int
    unreadable: int


class Proposed(Result, frozen=True, kw_only=True):
    """A draft. `wish`: block, limit, lift; `following` and `followers`: the follows that it would end."""

    host: str
    wish: str
    source: str
    comment: str
    following: int
    followers: int


class Drafts(Result, frozen=True, kw_only=True):
    """The first drafts by host, and how many there are in all."""

    drafts: list[Proposed]
    total: int


class Decided(Result, frozen=True, kw_only=True):
    """How many drafts were decided about, and the hosts that were left because follows would end."""

    decided: int
    left: list[str]
    notices: tuple[Notice, ...] = ()


class Exported(Result, frozen=True, kw_only=True):
    """What is shut out or limited here, as Mastodon's CSV."""

    csv: str
    hosts: int


class Source(Result, frozen=True, kw_only=True):
    """A list that is fetched every day. `problem`: a message key, when the last attempt failed."""

    url: str
    fetched_at: datetime | None
    problem: str


class Sources(Result, frozen=True, kw_only=True):
    """Every list that is fetched."""

    sources: list[Source]


async def import_list(instance: Instance, order: ImportOrder) -> Imported:
    """Make drafts of a list. Raises Invalid, TooLarge, Forbidden, RemoteError."""
    if order.url:
        url = canonical(order.url)
        return _imported(url, *await subscriptions.take_from(instance, url))
    source = clean_line(order.source, blocklists.SOURCE_MAX)
    if not source or "://" in source:
        raise Invalid("blocklist.source", field="source")
    parsed = await asyncio.to_thread(parse_list, order.content)
    taken = await instance.change(
        lambda unit: blocklists.take(unit, source, parsed, is_whole=False)
    )
    return _imported(source, parsed, taken)


async def list_drafts(instance: Instance, order: SourceOrder) -> Drafts:
    """What waits for a decision, with the follows each would end."""

    def look(rx: Reader) -> Drafts:
        ties = blocks.ties_by_domain(rx)
        found = blocklists.list_open(rx, order.source)
        return Drafts(
            drafts=[_proposed(each, ties) for each in found[:SHOWN_MAX]], total=len(found)
        )

    return await instance.look(look)


async def confirm(instance: Instance, order: DecideOrder) -> Decided:
    """Do what these drafts propose. Raises Invalid, NotFound."""
    check_why(order)
    chosen = await _chosen(instance, order)
    left: list[str] = []
    if order.everything and not order.ends_follows:
        ties = await instance.look(blocks.ties_by_domain)
        left = sorted({each.host for each in chosen if _ends_follows(each, ties)})
        chosen = [each for each in chosen if not _ends_follows(each, ties)]
    count = 0
    for some in _portions(chosen):
        count += await instance.change(partial(_apply, order=order, drafts=some))
    notices = (Notice("blocklist.left", {"hosts": ", ".join(left[:20])}),) if left else ()
    return Decided(decided=count, left=left, notices=notices)


async def dismiss(instance: Instance, order: DecideOrder) -> Decided:
    """Decide against these drafts; they do not come back unless their list changes. Raises Invalid, NotFound."""
    check_why(order)
    chosen = await _chosen(instance, order)

    def work(unit: Unit) -> int:
        count = sum(blocklists.decide(unit, each, blocklists.DISMISSED) for each in chosen)
        if count:
            _note_list(unit, order, chosen, "dismiss")
        return count

    return Decided(decided=await instance.change(work), left=[])


async def export(instance: Instance, _order: NoOrder) -> Exported:
    """The hosts that are shut out or limited here."""
    found = await instance.look(blocklists.list_in_force)
    return Exported(csv=write_list(found), hosts=len(found))


async def subscribe(instance: Instance, order: AddressOrder) -> Imported:
    """Fetch a list now and then every day. Raises Invalid, Forbidden, RemoteError."""
    url = canonical(order.url)
    parsed = await subscriptions.fetch_list(instance, url)

    def work(unit: Unit) -> Taken:
        blocklists.subscribe(unit, url)
        blocklists.note_fetch(unit, url)
        return blocklists.take(unit, url, parsed, is_whole=True)

    return _imported(url, parsed, await instance.change(work))


async def unsubscribe(instance: Instance, order: AddressOrder) -> Done:
    """Fetch a list no more. What was confirmed stays. Raises Invalid, NotFound."""
    url = canonical(order.url)

    def work(unit: Unit) -> Done:
        if not blocklists.unsubscribe(unit, url):
            raise NotFound("blocklist.not_subscribed")
        return Done()

    return await instance.change(work)


async def list_sources(instance: Instance, _order: NoOrder) -> Sources:
    """The lists that are fetched every day."""
    found = await instance.look(blocklists.list_subscriptions)
    return Sources(
        sources=[
            Source(url=each.url, fetched_at=each.fetched_at, problem=each.problem) for each in found
        ]
    )


async def _chosen(instance: Instance, order: DecideOrder) -> Sequence[Draft]:
    """The open drafts that are meant. Raises Invalid, NotFound for a host without any."""
    if order.everything == bool(order.hosts):
        raise Invalid("blocklist.which", field="hosts")
    found = await instance.look(lambda rx: blocklists.list_open(rx, order.source))
    if order.everything:
        return found
    wanted = {host_name(each) or each: each for each in order.hosts}
    missing = wanted.keys() - {each.host for each in found}
    if missing:
        raise NotFound("blocklist.no_draft", host=wanted[min(missing)][:100])
    return [each for each in found if each.host in wanted]


def _apply(unit: Unit, order: DecideOrder, drafts: Sequence[Draft]) -> int:
    """Confirm, and do it. The strictest proposal about a host is done whatever others ask."""
    known = {
        domain
        for host in (*blocks.list_known_hosts(unit.tx), *cache.list_hosts(unit.tx))
        for domain in blocks.with_parents(host)
    }
    count = 0
    for draft in drafts:
        if not blocklists.decide(unit, draft, blocklists.CONFIRMED):
            continue
        count += 1
        # the journal names the list once; here every host says from which list it came
        why = " · ".join(part for part in (order.why, draft.source, draft.comment) if part)
        decisions.note(unit, "host", draft.host, draft.wish, why=why)
        if draft.wish == BLOCK:
            blocking.shut_out(unit, draft.host, is_known=draft.host in known)
        elif draft.wish == LIMIT and not blocks.is_host_blocked(unit.tx, draft.host):
            blocks.limit(unit, draft.host, blocks.HOST)
        elif draft.wish == LIFT:
            blocks.let_in(unit, draft.host)
            blocking.lift_limit(unit, draft.host)
        if draft.wish != LIFT:
            blocklists.settle_others(unit, draft.host, draft.wish)
    if count:
        _note_list(unit, order, drafts, "confirm")
    return count


def _note_list(unit: Unit, order: DecideOrder, drafts: Sequence[Draft], done: str) -> None:
    """Once for each list, whatever the number of its hosts."""
    for source in dict.fromkeys(each.source for each in drafts):
        decided(unit, order, "list", source, done)


def _portions(drafts: Sequence[Draft]) -> Iterator[Sequence[Draft]]:
    """A few hundred at a time, so that nobody else has to wait long for the database."""
    for start in range(0, len(drafts), AT_ONCE):
        yield drafts[start : start + AT_ONCE]


def _ends_follows(draft: Draft, ties: Mapping[str, Ties]) -> bool:
    return draft.wish == BLOCK and draft.host in ties


def _proposed(draft: Draft, ties: Mapping[str, Ties]) -> Proposed:
    ended = ties.get(draft.host, NO_TIES) if draft.wish == BLOCK else NO_TIES
    return Proposed(
        host=draft.host,
        wish=draft.wish,
        source=draft.source,
        comment=draft.comment,
        following=ended.following,
        followers=ended.followers,
    )


def _imported(source: str, parsed: ParsedList, taken: Taken) -> Imported:
    return Imported(
        source=source,
        drafts=taken.drafts,
        lifted=taken.lifted,
        in_force=taken.in_force,
        ours=taken.ours,
        obfuscated=parsed.obfuscated,
        unreadable=parsed.unreadable,
    )
