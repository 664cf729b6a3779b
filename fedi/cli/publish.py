"""`fedi publish`, `edit`, `delete`."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from fedi.cli.files import read_pictures, read_words
from fedi.cli.output import give, handle, pairs, warn
from fedi.cli.queue import say_waiting
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, t
from fedi.desk.control import Desk
from fedi.desk.order import Done, Order
from fedi.desk.wishes import (
    AidWish,
    DeleteOrder,
    EditOrder,
    EventWish,
    PlaceWish,
    Published,
    PublishOrder,
)

Decorator = Callable[[Any], Any]


def _options(*decorators: Decorator) -> Decorator:
    def decorate(function: Any) -> Any:
        for each in reversed(decorators):
            function = each(function)
        return function

    return decorate


_WORDS = _options(
    option("--title", "titles", multiple=True, metavar="[LANG=]TEXT", help="cli.opt.title"),
    option("--text", "texts", multiple=True, metavar="[LANG=]FILE", help="cli.opt.text"),
    option("--lang", default="", metavar="LANG", help="cli.opt.lang"),
    option("--plain", "is_plain", is_flag=True, help="cli.opt.plain"),
    option("--image", "images", multiple=True, metavar="FILE", help="cli.opt.image"),
    option("--alt", "alts", multiple=True, metavar="TEXT", help="cli.opt.alt"),
    option("--focal", "focals", multiple=True, metavar="X,Y", help="cli.opt.focal"),
    option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as"),
    option("--deliver", is_flag=True, help="cli.opt.deliver"),
)
_SUMMARY = option(
    "--summary", "summaries", multiple=True, metavar="[LANG=]TEXT", help="cli.opt.summary"
)
_OUT = _options(
    option(
        "--visibility",
        default="",
        metavar="public|quiet|followers|direct|local",
        help="cli.opt.visibility",
    ),
    option("--to", "circle", default="", metavar="LIST", help="cli.opt.to_circle"),
    option("--sensitive", "is_sensitive", is_flag=True, help="cli.opt.sensitive"),
    option("--reply-to", "reply_to", default="", metavar="URI", help="cli.opt.reply_to"),
)
_PLACE = _options(
    option("--place-name", "place__name", help="cli.opt.place_name"),
    option("--street", "place__street", help="cli.opt.street"),
    option("--postal-code", "place__postal_code", help="cli.opt.postal_code"),
    option("--city", "place__city", help="cli.opt.city"),
    option("--region", "place__region", help="cli.opt.region"),
    option("--country", "place__country", help="cli.opt.country"),
    option("--area", "place__area", help="cli.opt.area"),
    option(
        "--precision",
        "place__precision",
        metavar="exact|street|neighbourhood|city",
        help="cli.opt.precision",
    ),
    option("--lat", "place__latitude", metavar="DEGREES", help="cli.opt.lat"),
    option("--lon", "place__longitude", metavar="DEGREES", help="cli.opt.lon"),
)
_EVENT = _options(
    option("--start", "event__starts", metavar="WHEN", help="cli.opt.start"),
    option("--end", "event__ends", metavar="WHEN", help="cli.opt.end"),
    option("--online-url", "event__online_url", metavar="URL", help="cli.opt.online_url"),
    option("--capacity", "event__capacity", metavar="N", help="cli.opt.capacity"),
    option("--category", "event__category", help="cli.opt.category"),
    option("--join", "event__join", metavar="free|restricted|external|none", help="cli.opt.join"),
    option("--join-url", "event__join_url", metavar="URL", help="cli.opt.join_url"),
    option(
        "--status",
        "event__status",
        metavar="confirmed|tentative|cancelled|postponed",
        help="cli.opt.status",
    ),
    option("--room/--no-room", "event__has_room", default=None, help="cli.opt.has_room"),
    option("--tour/--no-tour", "event__is_tour", default=None, help="cli.opt.is_tour"),
    option("--spoken", "event__spoken", metavar="LANG,LANG", help="cli.opt.spoken"),
    option("--cost", "event__cost", help="cli.opt.cost"),
    option(
        "--wheelchair",
        "event__wheelchair",
        metavar="no|partially|fully",
        help="cli.opt.wheelchair",
    ),
    option("--childcare", "event__childcare", help="cli.opt.childcare"),
    option("--interpretation", "event__interpretation", help="cli.opt.interpretation"),
    option("--contact", "event__contact", help="cli.opt.contact"),
)
_REPEAT = _options(
    option(
        "--repeat", "event__repeat", metavar="weekly|fortnightly|monthly", help="cli.opt.repeat"
    ),
    option("--rule", "event__rule", metavar="RRULE", help="cli.opt.rule"),
    option("--times", "event__times", metavar="N", help="cli.opt.times"),
    option("--repeat-until", "event__until", metavar="DAY", help="cli.opt.repeat_until"),
)
_AID = _options(
    option("--what", "aid__what", help="cli.opt.what"),
    option("--quantity", "aid__quantity", metavar="N", help="cli.opt.quantity"),
    option("--unit", "aid__unit", help="cli.opt.unit"),
    option("--minimum", "aid__minimum", metavar="N", help="cli.opt.minimum"),
    option("--until", "aid__until", metavar="WHEN", help="cli.opt.until"),
    option("--for-event", "aid__event", metavar="URI", help="cli.opt.for_event"),
)
_DATES = {"event": "starts", "aid": "until"}
_ZONE = option("--zone", metavar="ZONE", help="cli.opt.zone")


@group("publish")
def publish() -> None:
    """Publish as a collective."""


@command("event", "publish.event")
@_WORDS
@_EVENT
@_REPEAT
@_ZONE
@_PLACE
@_OUT
def event(**given: Any) -> None:
    """An event."""
    _publish("event", given)


@command("statement", "publish.statement")
@_WORDS
@_SUMMARY
@option("--short", "is_short", is_flag=True, help="cli.opt.short")
@_OUT
def statement(**given: Any) -> None:
    """A statement."""
    _publish("statement", given)


@command("aid-request", "publish.aid_request")
@_WORDS
@_AID
@_ZONE
@_PLACE
@_OUT
def aid_request(**given: Any) -> None:
    """An aid request."""
    _publish("aid_request", given)


@command("aid-offer", "publish.aid_offer")
@_WORDS
@_AID
@_ZONE
@_PLACE
@_OUT
def aid_offer(**given: Any) -> None:
    """An aid offer."""
    _publish("aid_offer", given)


@command("note", "publish.note")
@_WORDS
@_OUT
def note(**given: Any) -> None:
    """A short message."""
    _publish("note", given)


for _each in (event, statement, aid_request, aid_offer, note):
    publish.add_command(_each)


@command("edit")
@click.argument("which", metavar="URI")
@_WORDS
@_SUMMARY
@_EVENT
@_AID
@_ZONE
@_PLACE
@option("--drop-lang", "drop_languages", multiple=True, metavar="LANG", help="cli.opt.drop_lang")
@option("--original", default="", metavar="LANG", help="cli.opt.original")
@option("--no-images", "no_images", is_flag=True, help="cli.opt.no_images")
@option("--following", "is_following", is_flag=True, help="cli.opt.following")
@option("--quiet", "is_quiet", is_flag=True, help="cli.opt.quiet_change")
@option("--sensitive/--not-sensitive", "is_sensitive", default=None, help="cli.opt.sensitive")
def edit(
    which: str, no_images: bool, drop_languages: Sequence[str], original: str, **given: Any
) -> None:
    """Change what was published; what is not named stays."""
    wishes = _wishes(given)
    words = _words(given, takes_input=False)
    pictures = read_pictures(given["images"], given["alts"], given["focals"])
    order = EditOrder(
        which=which,
        actor=given["actor"],
        words=words,
        drop_languages=tuple(drop_languages),
        original=original,
        is_quiet=given["is_quiet"],
        is_following=given["is_following"],
        is_sensitive=given["is_sensitive"],
        pictures=pictures if pictures or no_images else None,
        **wishes,
    )
    _send("edit", order, deliver=given["deliver"])


@command("delete")
@click.argument("which", metavar="URI")
@option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
@option("--deliver", is_flag=True, help="cli.opt.deliver")
def delete(which: str, actor: str, deliver: bool) -> None:
    """Withdraw what was published."""
    here = session()

    async def work(desk: Desk) -> None:
        done = await desk.call("delete", DeleteOrder(which=which, actor=actor))
        assert isinstance(done, Done)
        give(done, [t("cli.deleted")], as_json=here.as_json)
        await say_waiting(desk, deliver=deliver, as_json=here.as_json)

    here.at_desk(work)


def _publish(kind: str, given: dict[str, Any]) -> None:
    order = PublishOrder(
        kind=kind,
        actor=given["actor"],
        words=_words(given, takes_input=True),
        visibility=given["visibility"] or ("direct" if given["circle"] else "public"),
        circle=given["circle"],
        is_short=given.get("is_short", False),
        is_sensitive=given["is_sensitive"],
        reply_to=given["reply_to"],
        pictures=read_pictures(given["images"], given["alts"], given["focals"]),
        **_wishes(given),
    )
    _send("publish", order, deliver=given["deliver"])


def _send(name: str, order: Order, *, deliver: bool) -> None:
    here = session()

    async def work(desk: Desk) -> None:
        published = await desk.call(name, order)
        assert isinstance(published, Published)
        warn(published.notices)
        give(published, _lines(published), as_json=here.as_json)
        await say_waiting(desk, deliver=deliver, as_json=here.as_json)

    here.at_desk(work)


def _lines(published: Published) -> list[str]:
    return pairs(
        [
            (t("cli.label.published"), t(f"kind.{published.kind}")),
            (t("cli.label.address"), handle(published.uri)),
            (t("cli.label.visibility"), t(f"visibility.{published.visibility}")),
            (t("cli.label.deliveries"), str(published.deliveries)),
        ]
    )


def _words(given: dict[str, Any], *, takes_input: bool) -> Any:
    return read_words(
        titles=given["titles"],
        texts=given["texts"],
        summaries=given.get("summaries", ()),
        language=given["lang"],
        is_plain=given["is_plain"],
        takes_input=takes_input,
    )


def _wishes(given: dict[str, Any]) -> dict[str, Any]:
    """`event__starts`, `place__city`, … → the wishes they are parts of."""
    parts: dict[str, dict[str, Any]] = {"event": {}, "aid": {}, "place": {}}
    for name, value in given.items():
        owner, dot, part = name.partition("__")
        if dot and value is not None:
            parts[owner][part] = value
    for name in ("capacity", "times"):
        if name in parts["event"]:
            parts["event"][name] = _count(parts["event"][name], name)
    if given.get("zone") is not None:
        # a zone belongs to the dates that this command takes; a change of aid alone does not concern an event
        owners = [owner for owner in ("event", "aid") if f"{owner}__{_DATES[owner]}" in given]
        concerned = [owner for owner in owners if parts[owner]] or owners[:1]
        for owner in concerned:
            parts[owner]["zone"] = given["zone"]
    return {
        "event": EventWish(**parts["event"]),
        "aid": AidWish(**parts["aid"]),
        "place": PlaceWish(**parts["place"]),
    }


def _count(text: str, name: str) -> int:
    try:
        return int(text) if len(text) < 20 else -1
    except ValueError:
        raise click.BadParameter(t("cli.usage.number"), param_hint=f"--{name}") from None
