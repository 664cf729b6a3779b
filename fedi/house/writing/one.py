"""`/house/NAME/publications/ID`: one publication for those who made it: change, pin, withdraw, what changed, who got it."""

from itertools import pairwise
from typing import Any, Final

from starlette.responses import Response

from actors import journal
from fedi.db.engine import Reader
from fedi.desk import deliveries, house, writing
from fedi.desk.relations import ReactionOrder
from fedi.errors import Invalid
from fedi.house.deeds import which_of
from fedi.house.forms import Form
from fedi.house.frame import go, page
from fedi.house.member import Visit
from fedi.house.reading.quotes import quote_state
from fedi.house.writing import differences
from fedi.house.writing.languages import name_of
from fedi.house.writing.sheet import hand_of
from fedi.i18n.dates import moment_line
from fedi.ids import new_token
from fedi.publications import drafts, featured, store
from fedi.publications.dates.model import DatesDetails
from fedi.publications.event import recurrence
from fedi.publications.model import Publication
from fedi.text.direction import clean_line
from fedi.text.excerpt import excerpt
from fedi.unit import Unit
from fedi.views.calls import needs_of

VERSIONS_MAX: Final = 20
DELIVERIES_MAX: Final = 200
ANSWERS_MAX: Final = 200


async def show(visit: Visit) -> Response:
    """The page."""
    instance, actor, visitor = visit.instance, visit.actor, visit.visitor

    def look(rx: Reader) -> tuple[Publication, dict[str, Any]]:
        publication = _load(visit, rx)
        changing = drafts.find_changing(rx, publication.uri)
        return publication, {
            "edits": store.list_edits(rx, publication.uri),
            "is_pinned": publication.uri in featured.list_uris(rx, actor.uri),
            "draft_id": changing.id if changing else "",
            "quote": quote_state(rx, instance, publication),
            "series": recurrence.find_of(rx, publication.uri),
            "needs": [_need(rx, each.publication) for each in needs_of(rx, publication)],
        }

    publication, found = await instance.look(look)
    ledger = await deliveries.show(instance, deliveries.WhichOrder(which=publication.uri))

    def moment(at: Any) -> str:
        return moment_line(at, visitor.zone, visitor.language, digits=visitor.digits)

    states = [*found.pop("edits"), publication][-VERSIONS_MAX - 1 :]
    versions = [
        {
            "at": moment(before.replaced_at),
            "changes": await differences.between_texts(before, after),
        }
        for before, after in pairwise(states)
    ]
    title = publication.original.name or excerpt(publication.original.content[:3000], 120)
    return page(
        visit,
        "writing/one.html",
        clean_line(title, 200) or visitor.t(f"kind.{publication.kind}"),
        section="write",
        publication=publication,
        id=publication.uri.rpartition("/")[2],
        languages=[name_of(each) for each in publication.texts],
        published=moment(publication.published_at),
        edited=moment(publication.updated_at) if publication.updated_at else "",
        versions=versions[::-1],
        deliveries=[
            {
                "host": each.host,
                "state": each.state,
                "story": " ".join(visitor.t(part.key, **part.values) for part in each.sentences),
            }
            for each in ledger.deliveries[:DELIVERIES_MAX]
        ],
        has_dates=isinstance(publication.details, DatesDetails),
        once=new_token(),
        **found,
    )


def _need(rx: Reader, need: Publication) -> dict[str, Any]:
    """Something asked for an event, with how many answered it."""
    return {
        "uri": need.uri,
        "kind": need.kind,
        "title": need.original.name or need.uri,
        "answers": len(store.list_replies(rx, need.uri, ANSWERS_MAX)),
    }


async def change(visit: Visit, form: Form) -> Response:
    """Open the form that changes it."""
    draft = await writing.begin_change(
        visit.instance,
        visit.actor,
        hand_of(visit),
        which_of(visit),
        form.get("once") or new_token(),
    )
    return go(f"/house/{visit.username}/draft/{draft.id}")


async def pin(visit: Visit, form: Form) -> Response:
    """Pin it to the collective's page, or take it off."""
    uri = await visit.instance.look(lambda rx: _load(visit, rx).uri)
    order = ReactionOrder(which=uri, actor=visit.username)
    done = await (house.unpin if form.get("act") == "unpin" else house.pin)(visit.instance, order)
    if done.changed:
        key = "journal.unpinned" if form.get("act") == "unpin" else "journal.pinned"
        person = visit.member.person.id
        await visit.instance.change(
            lambda unit: journal.note(unit, visit.actor.uri, person, key, uri)
        )
    return go(f"/house/{visit.username}/publications/{which_of(visit)}", "saved")


async def end_repeat(visit: Visit, _form: Form) -> Response:
    """Make no more times of what repeats; those that were made stay."""
    person = visit.member.person.id

    def work(unit: Unit) -> None:
        uri = _load(visit, unit.tx).uri
        series = recurrence.find_of(unit.tx, uri)
        if series is not None and series.is_open:
            recurrence.end(unit, series.id)
            journal.note(unit, visit.actor.uri, person, "journal.repeat_ended", uri)

    await visit.instance.change(work)
    return go(f"/house/{visit.username}/publications/{which_of(visit)}", "saved")


async def delete(visit: Visit, form: Form) -> Response:
    """Withdraw it, when the box is ticked that says what that means."""
    if not form.has("sure"):
        raise Invalid("writing.delete.unsure", field="sure")
    await writing.delete(visit.instance, visit.actor, hand_of(visit), which_of(visit))
    return go(f"/house/{visit.username}/publications", "deleted")


async def retry(visit: Visit, _form: Form) -> Response:
    """Try again at once what has not arrived."""
    uri = await visit.instance.look(lambda rx: _load(visit, rx).uri)
    await deliveries.retry(visit.instance, deliveries.RetryOrder(which=uri))
    return go(f"/house/{visit.username}/publications/{which_of(visit)}", "retried")


def _load(visit: Visit, rx: Reader) -> Publication:
    return writing.load_own(rx, visit.instance, visit.actor, which_of(visit))
