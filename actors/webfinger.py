"""WebFinger both ways (RFC 7033): what we say of our actors, and asking other hosts about theirs."""

from typing import Any
from urllib.parse import quote, unquote

from actors import intents, store
from actors.model import ROLE_SERVER, Actor
from fedi.canonical import canonical, host_of
from fedi.db.engine import Reader
from fedi.errors import Invalid, RemoteGone
from fedi.instance import Instance
from fedi.onion import is_onion
from fedi.urls import Urls
from fedi.vocab.terms import ACTIVITY_JSON, LD_JSON_PROFILE

ACCEPT = "application/jrd+json, application/json"
PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
AVATAR = "http://webfinger.net/rel/avatar"
SERVICE = "https://www.w3.org/ns/activitystreams#Service"
HANDLE_MAX = 512
LINKS_MAX = 100
_NOT_IN_HOSTS = frozenset("@/?#")


def split_handle(handle: str) -> tuple[str, str]:
    """`@name@host`, `name@host` or `acct:name@host` → name, host in canonical form. Raises Invalid."""
    text = handle.strip()
    if text[:5].lower() == "acct:":
        text = text[5:]
    text = text.removeprefix("@")
    username, _, host = text.partition("@")
    if not (username and host) or len(text) > HANDLE_MAX or not _NOT_IN_HOSTS.isdisjoint(host):
        raise Invalid("actor.handle_form", field="handle")
    try:
        return username, host_of(canonical(f"https://{host}/"))
    except Invalid as problem:
        raise Invalid("actor.handle_form", field="handle") from problem


def find_subject(rx: Reader, urls: Urls, resource: str) -> Actor | None:
    """The actor of ours that `resource` names: a handle, an actor id, a page, or the instance itself.

    Raises Invalid when it is no resource at all.
    """
    text = resource.strip()
    if "://" not in text:
        # some peers encode once more than they should
        text = unquote(text)
    if text.startswith("acct:") or ("@" in text and "://" not in text):
        username, host = split_handle(text)
        return _by_name(rx, urls, username) if host == urls.host else None
    if text.rstrip("/") in (urls.base, urls.server_actor()):
        return store.load_server_actor(rx)
    if text.startswith(f"{urls.base}/@"):
        return store.find_local(rx, text.removeprefix(f"{urls.base}/@"))
    if urls.is_ours(text):
        found = store.find(rx, text)
        return found if found is not None and found.is_local else None
    if "://" not in text:
        raise Invalid("webfinger.resource", field="resource")
    return None


def _by_name(rx: Reader, urls: Urls, username: str) -> Actor | None:
    if username.lower() in (urls.host, "actor"):
        return store.load_server_actor(rx)
    return store.find_local(rx, username)


def build_jrd(actor: Actor, urls: Urls) -> dict[str, Any]:
    """The answer about one of our actors."""
    page = actor.url or actor.uri
    links: list[dict[str, Any]] = [
        {"rel": "self", "type": ACTIVITY_JSON, "href": actor.uri},
        {"rel": "self", "type": LD_JSON_PROFILE, "href": actor.uri},
        {"rel": PROFILE_PAGE, "type": "text/html", "href": page},
    ]
    if actor.role == ROLE_SERVER:
        links.append({"rel": SERVICE, "type": ACTIVITY_JSON, "href": actor.uri})
    else:
        links += intents.offered(urls.base)
    if actor.icon is not None:
        avatar = {"rel": AVATAR, "href": actor.icon.url}
        links.append(avatar | ({"type": actor.icon.media_type} if actor.icon.media_type else {}))
    aliases = [actor.uri] if page == actor.uri else [actor.uri, page]
    return {"subject": f"acct:{actor.username}@{urls.host}", "aliases": aliases, "links": links}


def host_meta(urls: Urls) -> bytes:
    """The XRD that names our WebFinger (RFC 6415)."""
    template = f"{urls.webfinger()}?resource={{uri}}"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" type="application/jrd+json" template="{template}"/>\n'
        "</XRD>\n"
    ).encode()


def host_meta_json(urls: Urls) -> dict[str, Any]:
    """The same in JSON."""
    template = f"{urls.webfinger()}?resource={{uri}}"
    return {"links": [{"rel": "lrdd", "type": "application/jrd+json", "template": template}]}


def scheme_of(instance: Instance, host: str) -> str:
    """How a host is asked of which only the name is known: an onion service proves itself without a certificate."""
    if is_onion(host):
        return "http"
    is_trial = instance.config.network.unsafe_allow_http
    return instance.urls.scheme if is_trial else "https"


async def fetch_jrd(instance: Instance, username: str, host: str) -> dict[str, Any]:
    """What a host says of a name, whoever it then says it is about. Raises `RemoteError`s."""
    scheme = scheme_of(instance, host)
    resource = quote(f"acct:{username}@{host}", safe=":@")
    return await instance.http.fetch_json(
        f"{scheme}://{host}/.well-known/webfinger?resource={resource}", ACCEPT
    )


def self_link_of(answer: dict[str, Any]) -> str:
    """The actor that an answer is about. Raises RemoteGone when it names none."""
    links = answer.get("links")
    for link in links[:LINKS_MAX] if isinstance(links, list) else ():
        if (
            isinstance(link, dict)
            and link.get("rel") == "self"
            and _is_as2(link.get("type"))
            and isinstance(link.get("href"), str)
        ):
            return str(link["href"])
    raise RemoteGone("error.actor_not_found", detail="no self link")


def _is_as2(media_type: object) -> bool:
    return isinstance(media_type, str) and media_type.replace(" ", "").lower() in (
        ACTIVITY_JSON,
        LD_JSON_PROFILE.replace(" ", "").lower(),
    )
