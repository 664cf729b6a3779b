"""Which software a host says that it runs (NodeInfo): asked for only where words depend on it, and never believed for more."""

from typing import Any, Final

from actors.webfinger import scheme_of
from fedi.canonical import same_origin
from fedi.errors import RemoteError
from fedi.instance import Instance

_NAME_MAX: Final = 60
_LINKS_MAX: Final = 8
_SCHEMAS: Final = (
    "http://nodeinfo.diaspora.software/ns/schema/2.1",
    "http://nodeinfo.diaspora.software/ns/schema/2.0",
)


async def software_of(instance: Instance, host: str) -> str:
    """The name in small letters; "" when the host does not say, or does not answer."""
    try:
        origin = f"{scheme_of(instance, host)}://{host}"
        listed = await instance.http.fetch_json(
            f"{origin}/.well-known/nodeinfo", "application/json"
        )
        href = document_in(listed, origin)
        if not href:
            return ""
        return name_in(await instance.http.fetch_json(href, "application/json"))
    except RemoteError:
        return ""


def document_in(listed: dict[str, Any], origin: str) -> str:
    """Where the host tells more about itself: at its own origin, or ""."""
    links = listed.get("links")
    found = {
        str(link.get("rel")): link["href"]
        for link in (links[:_LINKS_MAX] if isinstance(links, list) else ())
        if isinstance(link, dict)
        and isinstance(link.get("href"), str)
        and same_origin(link["href"], origin)
    }
    return next((found[schema] for schema in _SCHEMAS if schema in found), "")


def name_in(document: dict[str, Any]) -> str:
    """The name of the software, in small letters, or ""."""
    software = document.get("software")
    name = software.get("name") if isinstance(software, dict) else None
    return name[:_NAME_MAX].lower() if isinstance(name, str) else ""
