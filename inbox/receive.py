"""The door: bytes and headers in, an answer out. Cheap checks first, proof next, then one durable insert (D4, S1).

Nothing has an effect here; the worker acts later, from what was stored.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from actors import keys, relays
from actors import store as actor_store
from actors.model import Actor
from actors.relays import Relay
from fedi.canonical import host_of, origin_of, same_origin
from fedi.clock import cpu_s
from fedi.db.engine import Reader
from fedi.errors import (
    FediError,
    Forbidden,
    Invalid,
    RemoteError,
    RemoteGone,
    TooMany,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)
from fedi.http.schemes import RFC9421
from fedi.instance import Instance
from fedi.publications import store as publications
from fedi.signatures.request import SignedRequest
from fedi.unit import Unit
from fedi.vocab.activity import Activity, parse_activity
from fedi.vocab.strict import check_no_moved_meaning, parse_document
from fedi.wake import DELIVERY
from inbox import hints, overload, policy, relayed, store, synchronise
from inbox.authenticate import verified
from inbox.handlers import BY_ACTIVITY
from inbox.limits import HostLimits
from inbox.store import Arrival
from inbox.verdicts import ANSWERED
from outbox import hosts

# What brings words of others here; the rest is small, or about what we hold already.
_WORDS = frozenset({"Create", "Announce", "Update"})
# What goes to everybody at once and may make all of them fetch the same.
_PASSED_AROUND = frozenset({"Create", "Announce"})
_MEDIA_TYPES = ("application/activity+json", "application/ld+json")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told. `reason` is counted, never sent."""

    status: int
    reason: str
    retry_after_s: int | None = None


async def receive(
    instance: Instance, limits: HostLimits, request: SignedRequest, recipient: Actor | None
) -> Answer:
    """Judge one POST to an inbox. Every refusal is an answer; nothing raised here is expected."""
    try:
        answer = await _receive(instance, limits, request, recipient)
    except (TooMany, Unavailable) as problem:
        overload.tell(instance, problem)
        answer = Answer(problem.status, problem.message_key, problem.retry_after_s)
    except RemoteError as problem:
        answer = Answer(401, problem.message_key)
    except FediError as problem:
        answer = Answer(problem.status, problem.message_key)
    instance.metrics.count(ANSWERED, str(answer.status), answer.reason)
    return answer


async def _receive(
    instance: Instance, limits: HostLimits, request: SignedRequest, recipient: Actor | None
) -> Answer:
    _check_headers(request)
    start_s = cpu_s()
    document = parse_document(request.body)
    check_no_moved_meaning(document)
    activity = parse_activity(document)
    read_s = cpu_s() - start_s
    host = _check_identity(instance, activity)
    if await _is_farewell_of_stranger(instance, activity):
        return Answer(202, "farewell")
    if activity.type in _WORDS and limits.is_flooded(instance.clock.monotonic()):
        await _check_no_stranger(instance, limits, activity)
    try:
        proof = await verified(instance, request)
    except RemoteGone:
        if activity.type == "Delete" and activity.object_uri == activity.actor:
            return Answer(202, "farewell")
        raise Unauthenticated("signature.key", detail="gone") from None
    if proof.scheme == RFC9421:
        instance.http.note_scheme(origin_of(proof.owner), RFC9421)
    now = instance.clock.monotonic()
    prover = host_of(proof.owner)
    instance.accounts.note(prover, now, cpu_s=read_s, size_bytes=len(request.body))
    limits.check(prover, now)
    if proof.owner != activity.actor:
        return await _passed_on(instance, limits, activity, proof.owner)
    if not limits.has_room_for(activity.type, host, now):
        return Answer(202, "counted")
    arrival = Arrival(
        uri=activity.uri,
        actor_uri=activity.actor,
        recipient=recipient.uri if recipient else "",
        type=activity.type,
        body=request.body,
        key_id=proof.key_id,
        proof=proof.scheme,
    )
    limits.check_backlog(instance)
    header = next(iter(request.lines("collection-synchronization")), None)
    reason = await instance.change(
        lambda unit: _keep(unit, limits, arrival, activity, host, header, now)
    )
    if reason == "kept":
        limits.backlog += 1
    return Answer(202, reason)


async def _check_no_stranger(instance: Instance, limits: HostLimits, activity: Activity) -> None:
    """In a flood nobody is asked for the keys of those who would have to wait anyway (S49). Raises TooMany."""
    if await instance.look(lambda rx: policy.is_stranger(rx, activity.actor)):
        limits.refuse_strangers(instance.clock.monotonic())


async def _passed_on(
    instance: Instance, limits: HostLimits, activity: Activity, passer_uri: str
) -> Answer:
    """Somebody passes on what another said: believed only from its origin, and only looked up if it matters here.

    Raises Unauthenticated for everything else: speaking in another's name (S2).
    """
    if not same_origin(passer_uri, activity.actor):
        now = instance.clock.monotonic()
        reason, is_expected = await instance.change(
            lambda unit: _take_hint(unit, limits, activity, passer_uri, now)
        )
        if is_expected:
            return Answer(202, reason)
    raise Unauthenticated("signature.not_the_actor")


def _take_hint(
    unit: Unit, limits: HostLimits, activity: Activity, passer_uri: str, now: float
) -> tuple[str, bool]:
    """The reason, and whether whoever passes this on may: whatever a relay brings is not held against it."""
    relay = relays.find_open(unit.tx, passer_uri)
    if relay is not None:
        return _from_relay(unit, limits, activity, relay, now), True
    reason = hints.take(unit, activity, passer_uri)
    return reason, reason == hints.TAKEN


def _from_relay(
    unit: Unit, limits: HostLimits, activity: Activity, relay: Relay, now: float
) -> str:
    if not limits.has_room_for_relayed(relay.host, now):
        return "counted"
    return relayed.take(unit, activity, relay)


def _keep(
    unit: Unit,
    limits: HostLimits,
    arrival: Arrival,
    activity: Activity,
    host: str,
    header: str | None,
    now: float,
) -> str:
    if not policy.is_welcome(unit.tx, arrival.actor_uri, host):
        raise Forbidden("error.host_blocked", detail=host)
    if hosts.note_heard(unit, host):
        unit.wakes.add(DELIVERY)
    if arrival.type == "Announce":
        relay = relays.find_open(unit.tx, arrival.actor_uri)
        if relay is not None:
            return _from_relay(unit, limits, activity, relay, now)
    if not policy.concerns_us(unit, activity) and not arrival.recipient:
        return "unrelated"
    if activity.type in _WORDS and policy.is_stranger(unit.tx, arrival.actor_uri):
        limits.check_strangers(now)
    fresh = limits.fresh
    if header is not None:
        synchronise.notice(unit, arrival.actor_uri, header)
    after = unit.spread() if _asks_what_all_ask(unit, activity) else timedelta()
    is_fresh = not after and fresh.takes(arrival.body)
    kept = store.keep(unit, arrival, store.LEASE if is_fresh else None, after=after)
    if kept is None:
        return "known"
    if is_fresh:
        unit.tx.on_commit(lambda: fresh.put(kept, activity))
    return "kept"


def _asks_what_all_ask(unit: Unit, activity: Activity) -> bool:
    """Whether working it means to fetch what everybody who got the same will fetch: a post passed on, or given by its id."""
    if activity.type not in _PASSED_AROUND:
        return False
    return any(
        not unit.urls.is_ours(uri) and publications.find_row_id(unit.tx, uri) is None
        for uri in BY_ACTIVITY[activity.type].needs(activity)
    )


def _check_headers(request: SignedRequest) -> None:
    types = [value for name, value in request.headers if name == "content-type"]
    if len(types) != 1 or types[0].partition(";")[0].strip().lower() not in _MEDIA_TYPES:
        raise UnsupportedMediaType(detail="content-type")
    if any(name == "content-encoding" for name, _ in request.headers):
        raise UnsupportedMediaType(detail="content-encoding")


def _check_identity(instance: Instance, activity: Activity) -> str:
    """The activity is its actor's own (S23) and pretends to nothing of ours (S31). Returns the actor's host."""
    if instance.urls.is_ours(activity.actor):
        raise Forbidden("activity.actor", detail="claims a local actor")
    if not same_origin(activity.uri, activity.actor):
        raise Invalid("activity.id", detail="another origin than its actor", field="id")
    return host_of(activity.actor)


async def _is_farewell_of_stranger(instance: Instance, activity: Activity) -> bool:
    """Delete or Update of itself by somebody we never met: there is nothing to do and no key to fetch (S49)."""
    if activity.type not in ("Delete", "Update") or activity.object_uri != activity.actor:
        return False

    def look(rx: Reader) -> Any:
        return actor_store.find(rx, activity.actor) or keys.list_keys(rx, activity.actor)

    return not await instance.look(look)
