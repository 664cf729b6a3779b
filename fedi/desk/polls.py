"""Voting in polls of others. The options are read from the poll's own address at the moment of voting."""

from typing import Any

from fedi.desk import lookup
from fedi.desk.order import Done, Order
from fedi.desk.speaker import load_speaker
from fedi.errors import Invalid
from fedi.instance import Instance
from fedi.vocab.read import as_list, moment_of, text_of, type_of
from outbox.actions.vote import vote as send_vote

OPTIONS_MAX = 50


class VoteOrder(Order, frozen=True, kw_only=True):
    """The poll, the options by their exact words, and the collective that votes."""

    which: str
    options: tuple[str, ...]
    actor: str = ""


async def vote(instance: Instance, order: VoteOrder) -> Done:
    """Vote. Raises NotFound, Invalid for an unknown option or a closed poll, Conflict for a second vote, RemoteError."""
    ours = await instance.look(lambda rx: load_speaker(rx, order.actor))
    question = await lookup.find_or_fetch(instance, order.which)
    if instance.urls.is_ours(question.uri):
        raise Invalid("vote.ours", field="which")
    document = (await instance.http.fetch_document(question.uri)).document
    if type_of(document) != "Question":
        raise Invalid("vote.no_poll", field="which")
    ends_at = moment_of(document.get("endTime"))
    if document.get("closed") or (ends_at is not None and ends_at <= instance.clock.now()):
        raise Invalid("vote.closed", field="which")
    chosen = _chosen(document, order.options)
    await instance.change(lambda unit: send_vote(unit, ours, question.uri, question.author, chosen))
    return Done()


def _chosen(document: dict[str, Any], wanted: tuple[str, ...]) -> list[str]:
    """The options that are wanted, each once. Raises Invalid."""
    several = as_list(document.get("anyOf"))
    offered = [
        text_of(each.get("name"))
        for each in (several or as_list(document.get("oneOf")))
        if isinstance(each, dict)
    ]
    names = [name for name in offered[:OPTIONS_MAX] if name]
    unknown = next((option for option in wanted if option not in names), None)
    if unknown is not None or not wanted:
        raise Invalid("vote.unknown_option", field="options", options=" · ".join(names))
    chosen = list(dict.fromkeys(wanted))
    if len(chosen) > 1 and not several:
        raise Invalid("vote.only_one", field="options")
    return chosen
