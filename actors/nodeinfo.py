"""NodeInfo 2.0 and 2.1: what this server is, in numbers that are true or left out (S105, FEP-0151)."""

from typing import Any

from fedi.config import Config
from fedi.urls import Urls

VERSIONS = ("2.0", "2.1")
SOFTWARE = "mujawara"
# The schema wants a version; this one helps nobody to choose an attack (S105).
UNTOLD = "0"
APPLICATION = "https://www.w3.org/ns/activitystreams#Application"


def links(urls: Urls) -> dict[str, Any]:
    """The list at `/.well-known/nodeinfo`. A schema link comes first: Gancio reads only the first (wire 1.4)."""
    schema = "http://nodeinfo.diaspora.software/ns/schema/"
    return {
        "links": [
            *(
                {"rel": f"{schema}{version}", "href": urls.nodeinfo(version)}
                for version in VERSIONS
            ),
            {"rel": APPLICATION, "href": urls.server_actor()},
        ]
    }


def document(config: Config, version: str, program_version: str, name: str) -> dict[str, Any]:
    """The document of one schema version. Numbers of people and posts are not told, the version only where all is open."""
    is_open = config.instance.posture == "open"
    software = {"name": SOFTWARE, "version": program_version if is_open else UNTOLD}
    return {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": ["atom1.0", "rss2.0"]},
        "openRegistrations": False,
        "usage": {"users": {}},
        "metadata": {
            "nodeName": name,
            **({"contact": config.instance.contact} if config.instance.contact else {}),
        },
    }


def media_type(version: str) -> str:
    """The content type of a schema version."""
    return f'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/{version}#"'
