"""`/house/{username}/deliveries`: what became of what was sent, server by server in plain words, and trying again."""

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from fedi.db.engine import Reader
from fedi.desk import deliveries, lookup
from fedi.desk.deliveries import Delivery, RetryOrder, WhichOrder
from fedi.errors import Gone, NotFound
from fedi.house.forms import Form
from fedi.house.frame import go, page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.i18n.dates import moment_line
from fedi.ids import is_public_id
from fedi.publications import store
from fedi.web.shown.words import Words, chosen_text, title_of
from outbox import store as outbox_store

ARRIVED = frozenset({"sent", "superseded"})
LISTED_MAX = 50
SHOWN_MAX = 300


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery: to which host, in how many words."""

    host: str
    state: str
    story: str
    when: str


@dataclass(frozen=True, slots=True)
class Unsent:
    """A publication of which something did not arrive."""

    href: str
    title: Words
    hosts: int


async def show_all(visit: Visit) -> Response:
    """The newest publications of this collective that did not arrive everywhere."""
    instance, actor = visit.instance, visit.actor

    def look(rx: Reader) -> list[Unsent]:
        found: list[Unsent] = []
        for uri, hosts in outbox_store.list_unsent_of(rx, actor.uri, LISTED_MAX):
            publication = store.find(rx, uri)
            if publication is not None and publication.author == actor.uri:
                title = title_of(chosen_text(publication, visit.visitor))
                href = f"/house/{actor.username}/deliveries/{uri.rpartition('/')[2]}"
                found.append(Unsent(href, title, hosts))
        return found

    return page(
        visit,
        "settings/unsent.html",
        visit.visitor.t("settings.deliveries.title"),
        section="settings",
        lines=await instance.look(look),
    )


async def show(visit: Visit) -> Response:
    """The ledger of one publication."""
    uri, title = await _own(visit)
    found = await deliveries.show(visit.instance, WhichOrder(which=uri))
    lines = [_line(visit, each) for each in found.deliveries[:SHOWN_MAX]]
    return page(
        visit,
        "settings/deliveries.html",
        title.text if title else visit.visitor.t("settings.deliveries.withdrawn"),
        section="settings",
        total=len(found.deliveries),
        arrived=[each for each in lines if each.state in ARRIVED],
        waiting=[each for each in lines if each.state not in ARRIVED],
        public=visit.request.path_params["id"],
    )


async def retry(visit: Visit, _form: Form) -> Response:
    """Try again now whatever did not arrive."""
    uri, _ = await _own(visit)
    await deliveries.retry(visit.instance, RetryOrder(which=uri))
    which = visit.request.path_params["id"]
    return go(f"/house/{visit.username}/deliveries/{which}", "trying")


async def _own(visit: Visit) -> tuple[str, Words | None]:
    """The publication of this collective, also a withdrawn one. Raises NotFound."""
    which = visit.request.path_params["id"]
    if not is_public_id(which):
        raise NotFound("error.publication_not_found", detail="deliveries")
    urls = visit.instance.urls

    def look(rx: Reader) -> tuple[str, str | None, Words | None]:
        try:
            found = lookup.load(rx, urls, which)
        except Gone as problem:
            stone = store.find_tombstone(rx, problem.detail)
            return problem.detail, stone.author_uri if stone else None, None
        return found.uri, found.author, title_of(chosen_text(found, visit.visitor))

    uri, author, title = await visit.instance.look(look)
    if author != visit.actor.uri:
        raise NotFound("error.publication_not_found", detail="deliveries")
    return uri, title


def _line(visit: Visit, delivery: Delivery) -> Line:
    visitor = visit.visitor
    t = visitor.t
    parts = [
        t.plural(each.key, n, **{k: v for k, v in each.values.items() if k != "n"})
        if isinstance(n := each.values.get("n"), int)
        else t(each.key, **each.values)
        for each in delivery.sentences
    ]

    def moment(at: datetime) -> str:
        return moment_line(at, visitor.zone, visitor.language, digits=visitor.digits)

    if delivery.next_try_at is not None:
        parts.append(t("ledger.next_try", when=moment(delivery.next_try_at)))
    return Line(
        delivery.host,
        delivery.state,
        " ".join(parts),
        moment(delivery.last_at) if delivery.last_at else "",
    )


DOORS = (
    Door("/house/{username}/deliveries", Right.READ, ask=show_all),
    Door("/house/{username}/deliveries/{id}", Right.READ, ask=show),
    Door("/house/{username}/deliveries/{id}", Right.PUBLISH, tell=retry),
)
