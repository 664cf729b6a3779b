"""What another server asks one of our members to do, as its address says it. Pure.

Everything here was written by a stranger: it is read, shown and asked about, and never decides where somebody is led.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from actors.webfinger import split_handle
from fedi.canonical import URL_CHARS_MAX, canonical, host_of, same_origin
from fedi.errors import Invalid, NotFound
from fedi.house.rights import Right
from fedi.onion import is_onion

OPEN, CREATE = "open", "create"
CONTENT_MAX: Final = 5_000
# What takes which right of the collective in whose name it is done.
RIGHTS: Final = {
    OPEN: Right.READ,
    "follow": Right.PUBLISH,
    "like": Right.PUBLISH,
    "announce": Right.PUBLISH,
    "join": Right.PUBLISH,
    CREATE: Right.DRAFT,
}
# Where the object stands, the first that is there: a new text answers it, everything else is about it.
_ABOUT: Final = ("inReplyTo",), ("object", "uri")


@dataclass(frozen=True, slots=True)
class Wish:
    """`what`: one of `RIGHTS`. `about`: an address in its one spelling, `@name@host`, or nothing for a new text.

    `on_success`, `on_cancel`: ways back to the origin of what it is about, else empty.
    """

    what: str
    about: str
    content: str
    on_success: str
    on_cancel: str

    @property
    def right(self) -> Right:
        """What the person has to be allowed in the name of the collective."""
        return RIGHTS[self.what]

    @property
    def host(self) -> str:
        """The host of what it is about; empty for a new text."""
        if not self.about:
            return ""
        return host_of(self.about) if "://" in self.about else self.about.rpartition("@")[2]


def read_wish(what: str, get: Callable[[str], str], *, allows_http: bool = False) -> Wish:
    """The wish of an address or a form. `get`: its values by name, empty when absent.

    Raises NotFound for a wish that nobody grants here, Invalid when what it is about is no address.
    """
    if what not in RIGHTS:
        raise NotFound(detail="intent")
    names = _ABOUT[0] if what == CREATE else _ABOUT[1]
    about = next((get(name) for name in names if get(name).strip()), "")
    content = get("content") if what == CREATE else ""
    if len(content) > CONTENT_MAX:
        raise Invalid("intent.content_long", most=CONTENT_MAX)
    if about or what != CREATE:
        about = _address(about)
    ways = [_way_back(get(name), about, allows_http) for name in ("on-success", "on-cancel")]
    return Wish(what, about, content, *ways)


def _address(about: str) -> str:
    about = about.strip()
    if not about or len(about) > URL_CHARS_MAX:
        raise Invalid("intent.address")
    try:
        if "://" in about:
            return canonical(about)
        username, host = split_handle(about)
    except Invalid as problem:
        raise Invalid("intent.address") from problem
    return f"@{username}@{host}"


def _way_back(address: str, about: str, allows_http: bool) -> str:
    """Only to where somebody came to see what it is about: whoever wrote the address cannot lead them anywhere else (S76)."""
    try:
        found = canonical(address)
    except Invalid:
        return ""
    if not (same_origin(found, about) and found.isascii()):
        return ""
    is_safe = found.startswith("https:") or allows_http or is_onion(host_of(found))
    return found if is_safe else ""
