"""What is asked when something is published or changed: the orders, as they arrive from a command, a form or a program.

In a change, None means "leave it as it is" and an empty text or nought means "take it away".
"""

import msgspec

from fedi.desk.order import Notice, Order, Result


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words in one language; `language` empty: the usual one. `is_plain`: the text is no Markdown."""

    language: str = ""
    title: str | None = None
    source: str | None = None
    abstract: str | None = None
    is_plain: bool = False


class Picture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An image as read from a file, and what it shows for those who cannot see it. `name` is for messages only.

    `focal`: the point to keep when cropping, each part from -1 to 1.
    """

    content: bytes
    alt: str = ""
    name: str = ""
    focal: tuple[float, float] | None = None


class KeptPicture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picture of the collective that is kept here already. `focal`: the point to keep when cropping, from -1 to 1."""

    key: str
    alt: str = ""
    focal: tuple[float, float] | None = None


class PlaceWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where. Degrees as typed. `precision` (exact, street, neighbourhood, city): what is finer than that is left out.

    `area` is the neighbourhood.
    """

    name: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    area: str | None = None
    precision: str | None = None


class EventWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When and how. `starts` and `ends` as `moments.parse_typed` reads them; `zone` is an IANA name.

    `is_tour`: a page for many stops, which needs no place. `has_room`: whether people take part at `online_url` although there is a place. `spoken`: tags of languages with commas.
    `wheelchair`: no, partially or fully; `cost`, `childcare`, `interpretation`, `contact`: a line each.

    `rule`: which days, as RFC 5545 writes it, in the place of `repeat`; without an end, times are made as they come near.
    `repeat` (weekly, fortnightly, monthly), so many `times` or `until` a day: one publication for each time. Not in a change.
    """

    starts: str | None = None
    ends: str | None = None
    zone: str | None = None
    online_url: str | None = None
    capacity: int | None = None
    category: str | None = None
    join: str | None = None
    join_url: str | None = None
    status: str | None = None
    has_room: bool | None = None
    is_tour: bool | None = None
    spoken: str | None = None
    cost: str | None = None
    wheelchair: str | None = None
    childcare: str | None = None
    interpretation: str | None = None
    contact: str | None = None
    rule: str | None = None
    repeat: str | None = None
    times: int | None = None
    until: str | None = None


class AnswersWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an event takes answers from the moment it is published; None is as usual. Not in a change.

    `place` and `online_url`: what only those who come are told. `form`: open, asked or off.
    """

    waiting: bool | None = None
    form: str | None = None
    counts: bool | None = None
    place: PlaceWish = PlaceWish()
    online_url: str = ""


class AidWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is needed or offered. Amounts as typed; `until` is a day or a moment; `event`: for which event
    of ours, empty for none."""

    what: str | None = None
    quantity: str | None = None
    unit: str | None = None
    minimum: str | None = None
    until: str | None = None
    zone: str | None = None
    event: str | None = None


class PublishOrder(Order, frozen=True, kw_only=True):
    """Publish. `actor`: user name of the collective that speaks; `reply_to`: what is answered; `quotes`: what is
    quoted, as far as its author allows it; `circle`: the named list
    of that collective for which it is, and then `visibility` is direct. `kept` pictures come before `pictures`."""

    kind: str
    actor: str = ""
    words: tuple[Words, ...] = ()
    visibility: str = "public"
    is_short: bool = False
    is_sensitive: bool = False
    reply_to: str = ""
    quotes: str = ""
    circle: str = ""
    pictures: tuple[Picture, ...] = ()
    kept: tuple[KeptPicture, ...] = ()
    event: EventWish = EventWish()
    answers: AnswersWish = AnswersWish()
    aid: AidWish = AidWish()
    place: PlaceWish = PlaceWish()


class EditOrder(Order, frozen=True, kw_only=True):
    """Change something published. `drop_languages`: translations to take out; `original`: the language to come first.

    `is_following`: the same change for all later times of what repeats. `kept` and `pictures` replace the pictures there were. `is_quiet`: an event that moves or is called off is not also
    told in a message of its own.
    """

    which: str
    actor: str = ""
    words: tuple[Words, ...] = ()
    drop_languages: tuple[str, ...] = ()
    original: str = ""
    is_following: bool = False
    is_quiet: bool = False
    is_sensitive: bool | None = None
    pictures: tuple[Picture, ...] | None = None
    kept: tuple[KeptPicture, ...] | None = None
    event: EventWish = EventWish()
    aid: AidWish = AidWish()
    place: PlaceWish = PlaceWish()


class DeleteOrder(Order, frozen=True, kw_only=True):
    """Withdraw something published."""

    which: str
    actor: str = ""


class Published(Result, frozen=True, kw_only=True):
    """What went out, and to how many inboxes it goes. `others`: what else did, when it repeats.

    `quote`, when something is quoted: own, ask (its author is asked) or none (it is not allowed, so a link stands for it).
    """

    uri: str
    id: str
    kind: str
    visibility: str
    deliveries: int
    others: tuple[str, ...] = ()
    quote: str = ""
    notices: tuple[Notice, ...] = ()
