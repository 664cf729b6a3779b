"""Where somebody's own server wants to be visited to follow or answer: what we say of ours, what others say of theirs. Pure.

Servers say it with templates: activity intents (FEP-3b86), or the older one for subscribing that nearly all of them have.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote

from fedi.canonical import canonical, host_of, origin_of
from fedi.errors import Invalid

Wish = Literal["follow", "answer", "attend"]

SUBSCRIBE: Final = "http://ostatus.org/schema/1.0/subscribe"
FEP_3B86: Final = "https://w3id.org/fep/3b86/"
LINKS_MAX: Final = 100
TEMPLATE_CHARS_MAX: Final = 2048
_PLACE: Final = re.compile(r"\{([^{}]*)\}")
# By wish: the relation and the place that must be there, the most fitting first. Opening something at home is enough to
# answer it; a form for writing only helps when it knows what is answered.
_WAYS: Final[Mapping[Wish, tuple[tuple[str, str], ...]]] = {
    "follow": (
        (f"{FEP_3B86}Follow", "object"),
        (SUBSCRIBE, "uri"),
        (f"{FEP_3B86}Object", "object"),
    ),
    "attend": (
        (f"{FEP_3B86}Join", "object"),
        (f"{FEP_3B86}Object", "object"),
        (SUBSCRIBE, "uri"),
    ),
    "answer": (
        (f"{FEP_3B86}Create", "inReplyTo"),
        (f"{FEP_3B86}Object", "object"),
        (SUBSCRIBE, "uri"),
    ),
}


@dataclass(frozen=True, slots=True)
class Door:
    """Where to go on one's own server, and the host that is."""

    href: str
    host: str


def offered(base: str) -> list[dict[str, str]]:
    """The links in the answer of WebFinger about a collective of ours: where its members are sent (FEP-3b86).

    They are `template`s, as Mastodon and others write them: with braces an address is no `href` (RFC 7033, 4.4.4.3).
    """
    back = "on-success={on-success}&on-cancel={on-cancel}"
    templates = {
        SUBSCRIBE: f"{base}/authorize_interaction?uri={{uri}}",
        f"{FEP_3B86}Object": f"{base}/authorize_interaction?uri={{object}}",
        f"{FEP_3B86}Follow": f"{base}/intent/follow?object={{object}}&{back}",
        f"{FEP_3B86}Like": f"{base}/intent/like?object={{object}}&{back}",
        f"{FEP_3B86}Join": f"{base}/intent/join?object={{object}}&{back}",
        f"{FEP_3B86}Announce": f"{base}/intent/announce?object={{object}}&{back}",
        f"{FEP_3B86}Create": f"{base}/intent/create?content={{content}}&inReplyTo={{inReplyTo}}",
    }
    return [{"rel": rel, "template": template} for rel, template in templates.items()]


def find_door(
    jrd: Mapping[str, Any], wish: Wish, uri: str, *, allows_http: bool = False
) -> Door | None:
    """The address that the answer of WebFinger names for this wish, about `uri`; None when it names none that will do.

    Only https, unless `allows_http`; a value never decides which host is visited.
    """
    links = jrd.get("links")
    found = (
        [link for link in links[:LINKS_MAX] if isinstance(link, dict)]
        if isinstance(links, list)
        else []
    )
    for relation, place in _WAYS[wish]:
        for link in found:
            rel, template = link.get("rel"), link.get("template")
            if template is None and relation != SUBSCRIBE:
                # the FEP says `href`, its implementations `template`; the older relation never had an address
                template = link.get("href")
            if not (isinstance(rel, str) and isinstance(template, str)):
                continue
            door = fill(template, place, uri) if rel.lower() == relation.lower() else None
            if door is not None and (allows_http or door.href.startswith("https:")):
                return door
    return None


def fill(template: str, place: str, value: str) -> Door | None:
    """The template with the value at `{place}` and nothing at any other; None when it has no such place or is no address."""
    head, mark, _ = template.partition("{")
    if not mark or len(template) > TEMPLATE_CHARS_MAX or place not in _PLACE.findall(template):
        return None
    values = {place: quote(value, safe="")}
    filled = _PLACE.sub(lambda match: values.get(match[1], ""), template)
    try:
        href = canonical(filled)
        is_fixed = head.count("/") >= 3 and origin_of(head) == origin_of(href)
    except Invalid:
        return None
    return Door(href, host_of(href)) if is_fixed and href.isascii() else None
