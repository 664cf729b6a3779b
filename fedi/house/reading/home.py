"""`/house`: where members arrive. First what needs them, then what their network is about to do."""

from starlette.responses import Response

from actors import journal, notifications
from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.desk import held, relations
from fedi.errors import NotFound
from fedi.house.forms import Form
from fedi.house.frame import go, page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.addresses import (
    back,
    load_said,
    must,
    sees_held,
)
from fedi.house.reading.spoken import spoken_in, spoken_of, who_in_house
from fedi.house.rights import Right
from fedi.publications import drafts
from fedi.publications.drafts import Draft
from fedi.text.direction import clean_line
from fedi.text.excerpt import excerpt
from fedi.unit import Unit
from fedi.views.listed import Listed
from fedi.views.needing import Needing, Network, concerns, look_needing, look_network
from fedi.web.pages.frame import seen_here
from fedi.web.shown.cards import moment_of

DRAFTS_MAX = 10
_FLAG_CHARS_MAX = 300
_TITLE_MAX = 120


async def arrive(visit: Visit) -> Response:
    """On to the first collective; a person without any is told so."""
    collectives = visit.member.collectives
    if collectives:
        return go(f"/house/{collectives[0].username}")
    return page(visit, "nowhere.html", visit.visitor.t("house.nowhere.title"))


async def show(visit: Visit) -> Response:
    """The first page of a collective for its members."""
    instance, reader = visit.instance, visit.actor
    now_ms = to_ms(instance.clock.now())

    def look(rx: Reader) -> tuple[Needing, Network]:
        needing = look_needing(
            rx,
            reader,
            decides=sees_held(visit),
            is_house_steward=visit.member.may(Right.HOUSE),
        )
        return needing, look_network(rx, reader, now_ms)

    needing, network = await instance.look(look)
    asked = await instance.look(lambda rx: drafts.list_of(rx, reader.uri, "asked", DRAFTS_MAX))
    seen = seen_here(instance)

    def cards(some: list[Listed]) -> list[object]:
        return [spoken_of(visit, each) for each in some]

    return page(
        visit,
        "reading/home.html",
        reader.title,
        section="home",
        role=visit.member.role,
        needing=needing,
        drafts=[(each.id, each.kind, _title(each)) for each in asked],
        spoken_to_us=[
            (
                each.notice,
                visit.visitor.t(f"reading.did.{each.kind}"),
                spoken_of(visit, each.said.listed),
            )
            for each in needing.told
        ],
        notice_ids=[each.notice.id for each in needing.told],
        asking=[(each, who_in_house(visit, each, each.uri, seen)) for each in needing.asking],
        held=spoken_in(visit, needing.held),
        flags=[
            (
                who_in_house(visit, sender, flag.actor_uri, seen),
                excerpt(flag.content, _FLAG_CHARS_MAX),
                moment_of(flag.received_at, visit.visitor),
                spoken_in(visit, meant),
            )
            for flag, sender, meant in needing.flags
        ],
        coming=cards(list(network.coming)),
        statements=cards(list(network.statements)),
        needs=cards(list(network.needs)),
        network=network,
        names_authors=True,
    )


def _title(draft: Draft) -> str:
    words = next((each for each in draft.written.texts if each.title or each.source), None)
    return clean_line((words.title or words.source)[:_TITLE_MAX], _TITLE_MAX) if words else ""


async def decide_request(visit: Visit, form: Form) -> Response:
    """Let somebody who asked follow, or not."""
    what = must(form.get("what"), ("approve", "refuse"), "what")
    who = form.get("who")
    order = relations.RelationOrder(who=who, actor=visit.username)
    do = relations.approve if what == "approve" else relations.reject
    done = await do(visit.instance, order)
    if done.changed:
        key = "journal.follower_approved" if what == "approve" else "journal.follower_refused"
        await visit.instance.change(lambda unit: _note(unit, visit, key, who))
    return back(visit, form, "approved" if what == "approve" else "refused")


async def decide_held(visit: Visit, form: Form) -> Response:
    """Let what was held be shown, or put it away for good."""
    what = must(form.get("what"), ("show", "away"), "what")
    everything = visit.member.may(Right.HOUSE)

    def look(rx: Reader) -> str:
        said = load_said(visit, rx, form.get("about"))
        if not everything and not concerns(rx, visit.actor, said):
            raise NotFound("reading.not_here")
        return said.listed.publication.uri

    uri = await visit.instance.look(look)
    order = held.DecideOrder(which=(uri,))
    do = held.release if what == "show" else held.refuse
    done = await do(visit.instance, order)
    if done.decided:
        key = "journal.held_shown" if what == "show" else "journal.held_away"
        await visit.instance.change(lambda unit: _note(unit, visit, key, uri))
    return back(visit, form, "held_shown" if what == "show" else "held_away")


async def mark_seen(visit: Visit, form: Form) -> Response:
    """These were seen by somebody of the collective; the internal log says by whom."""
    ids = [
        int(each)
        for each in form.all("id")
        if each.isascii() and each.isdecimal() and len(each) < 20
    ]

    def work(unit: Unit) -> None:
        if notifications.mark_read(unit, visit.actor.uri, [n for n in ids[:200] if n < 2**63]):
            _note(unit, visit, "journal.notices_seen", "")

    await visit.instance.change(work)
    return back(visit, form, "seen")


def _note(unit: Unit, visit: Visit, done: str, about: str) -> None:
    journal.note(unit, visit.actor.uri, visit.member.person.id, done, about)


DOORS = (
    Door("/house", Right.SELF, ask=arrive),
    Door("/house/{username}", Right.READ, ask=show),
    Door("/house/{username}/requests", Right.PUBLISH, tell=decide_request),
    Door("/house/{username}/held", Right.STEWARD, tell=decide_held),
    Door("/house/{username}/seen", Right.DRAFT, tell=mark_seen),
)
