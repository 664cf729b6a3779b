"""Actor ⇄ document. Pure. What comes from outside is bounded and sanitised here; what leaves follows wire 1.5."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from actors.keys import ED25519, RSA, ActorKey
from actors.model import ROLE_COLLECTIVE, ROLE_REMOTE, Actor, ActorImage, ProfileField
from fedi.canonical import host_of, same_origin
from fedi.clock import iso
from fedi.errors import Invalid
from fedi.text.direction import clean_line
from fedi.text.html import sanitise
from fedi.urls import UPCOMING, part
from fedi.vocab.read import (
    as_list,
    bool_of,
    id_of,
    ids_of,
    language_map_of,
    media_type_of,
    moment_of,
    text_of,
    type_of,
    url_of,
)
from fedi.vocab.terms import ACTOR_TYPES, CONTEXT

NAME_MAX = 2_000
SUMMARY_MAX = 20_000
FIELDS_MAX = 50
ALIASES_MAX = 32
KEYS_MAX = 10
PEM_MAX = 8_192
USERNAME_MAX = 128
# FEP-844e: what every actor's software can verify, for peers that ask before they choose a signature.
RFC9421_CAPABILITY = {
    "href": "https://datatracker.ietf.org/doc/html/rfc9421",
    "name": "RFC-9421: HTTP Message Signatures",
}


def build_actor(actor: Actor, keys: Sequence[ActorKey], server_actor_uri: str) -> dict[str, Any]:
    """The document of one of our actors, with everything in it that is true of it."""
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "id": actor.uri,
        "type": actor.type,
        "preferredUsername": actor.username,
        "name": actor.title,
        "summary": actor.summary,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers,
        "following": actor.following,
        "featured": actor.featured,
        "url": actor.url or actor.uri,
        "manuallyApprovesFollowers": actor.approves_followers,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "webfinger": actor.handle.removeprefix("@"),
        "attachment": [
            {"type": "PropertyValue", "name": each.name, "value": each.value}
            for each in actor.fields
        ],
        "tag": [],
        **_build_keys(keys),
    }
    if actor.role == ROLE_COLLECTIVE:
        document["upcomingEvents"] = part(actor.uri, UPCOMING)
    if actor.shared_inbox:
        document["endpoints"] = {"sharedInbox": actor.shared_inbox}
    if actor.published_at:
        document["published"] = iso(actor.published_at)
    if actor.updated_at:
        document["updated"] = iso(actor.updated_at)
    for name, image in (("icon", actor.icon), ("image", actor.image)):
        if image is not None:
            document[name] = _build_image(image)
    if actor.aliases:
        document["alsoKnownAs"] = list(actor.aliases)
    if actor.moved_to:
        document["movedTo"] = actor.moved_to
    if actor.language and actor.summary:
        document["summaryMap"] = {actor.language: actor.summary}
    document["generator"] = {
        "type": "Application",
        "id": server_actor_uri,
        "implements": [RFC9421_CAPABILITY],
    }
    return document


def build_stub(actor: Actor, keys: Sequence[ActorKey]) -> dict[str, Any]:
    """What anybody may read of an actor when documents are for known servers only: enough to check a signature (S17)."""
    return {
        "@context": CONTEXT,
        "id": actor.uri,
        "type": actor.type,
        "preferredUsername": actor.username,
        "inbox": actor.inbox,
        **_build_keys(keys),
    }


def build_server_actor(actor: Actor, keys: Sequence[ActorKey]) -> dict[str, Any]:
    """The document of the actor that signs our fetches (wire 1.4): always readable without a signature."""
    return {
        "@context": CONTEXT,
        "id": actor.uri,
        "type": "Application",
        "preferredUsername": actor.username,
        "name": actor.title,
        "summary": actor.summary,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers,
        "following": actor.following,
        "url": actor.url or actor.uri,
        "manuallyApprovesFollowers": True,
        "discoverable": False,
        "indexable": False,
        "endpoints": {"sharedInbox": actor.shared_inbox},
        "implements": [RFC9421_CAPABILITY],
        **_build_keys(keys),
    }


def parse_actor(
    document: object, *, now: datetime, elsewhere: Collection[tuple[str, str]] = ()
) -> tuple[Actor, tuple[ActorKey, ...]]:
    """Read an actor that was fetched from its own id.

    Raises Invalid with actor.not_object, actor.type, actor.id, actor.username, actor.inbox. An inbox or collection
    at another origin is as good as absent (S59, S60); so is a key whose owner is somebody else (S11). `elsewhere`: pairs
    of hosts, of an account and of the inbox that it may have there all the same.
    """
    if not isinstance(document, dict):
        raise Invalid("actor.not_object")
    kind = type_of(document, ACTOR_TYPES)
    if kind not in ACTOR_TYPES:
        raise Invalid("actor.type", field="type")
    uri = id_of(document.get("id"))
    if uri is None:
        raise Invalid("actor.id", field="id")
    inbox = _own(document.get("inbox"), uri) or _listed(document.get("inbox"), uri, elsewhere)
    if inbox is None:
        raise Invalid("actor.inbox", field="inbox")
    username = _username(document.get("preferredUsername"), uri)
    endpoints = document.get("endpoints")
    shared = (
        endpoints.get("sharedInbox") if isinstance(endpoints, dict) else document.get("sharedInbox")
    )
    summaries = language_map_of(document, "summary")
    actor = Actor(
        uri=uri,
        host=host_of(uri),
        role=ROLE_REMOTE,
        type=kind,
        username=username,
        name=clean_line(text_of(document.get("name")) or "", NAME_MAX),
        summary=sanitise(
            (text_of(document.get("summary")) or next(iter(summaries.values()), ""))[:SUMMARY_MAX]
        ),
        inbox=inbox,
        url=url_of(document.get("url")),
        shared_inbox=_own(shared, uri),
        outbox=_own(document.get("outbox"), uri),
        followers=_own(document.get("followers"), uri),
        following=_own(document.get("following"), uri),
        featured=_own(document.get("featured"), uri),
        icon=_parse_image(document.get("icon")),
        image=_parse_image(document.get("image")),
        fields=_parse_fields(document.get("attachment")),
        aliases=ids_of(document.get("alsoKnownAs"), ALIASES_MAX),
        moved_to=id_of(document.get("movedTo")),
        language=next(iter(summaries), None),
        discoverable=bool_of(document.get("discoverable")) is True,
        indexable=bool_of(document.get("indexable")) is True,
        approves_followers=bool_of(document.get("manuallyApprovesFollowers")) is True,
        published_at=moment_of(document.get("published")),
        updated_at=moment_of(document.get("updated")),
        fetched_at=now.astimezone(UTC),
        followers_told=_count(document.get("followers")),
    )
    return actor, parse_keys(document, uri)


def understands_rfc9421(document: dict[str, Any]) -> bool:
    """Whether an actor says that its software verifies RFC 9421 (FEP-844e): names vary, the address contains it."""
    generator = document.get("generator")
    said = as_list(generator.get("implements") if isinstance(generator, dict) else None)
    said += as_list(document.get("implements"))
    return any("rfc9421" in str(_address_in(item)).lower() for item in said[:20])


def _address_in(item: object) -> object:
    """The address of a capability: a text, or an object with `href` or `id`."""
    return item.get("href") or item.get("id") if isinstance(item, dict) else item


def parse_keys(document: dict[str, Any], owner_uri: str) -> tuple[ActorKey, ...]:
    """The keys a document lists as its own: `publicKey` (PEM) and `assertionMethod` (Multikey, FEP-521a)."""
    found: dict[str, ActorKey] = {}
    for item in as_list(document.get("publicKey"))[:KEYS_MAX]:
        text = item.get("publicKeyPem") if isinstance(item, dict) else None
        key_uri = id_of(item)
        if (
            isinstance(text, str)
            and len(text) <= PEM_MAX
            and key_uri is not None
            and same_origin(key_uri, owner_uri)
            and id_of(item.get("owner")) in (owner_uri, None)
        ):
            found[key_uri] = ActorKey(owner_uri, key_uri, RSA, text)
    for item in as_list(document.get("assertionMethod"))[:KEYS_MAX]:
        text = item.get("publicKeyMultibase") if isinstance(item, dict) else None
        key_uri = id_of(item)
        if (
            isinstance(text, str)
            and len(text) <= PEM_MAX
            and key_uri is not None
            and same_origin(key_uri, owner_uri)
            and id_of(item.get("controller")) == owner_uri
        ):
            found.setdefault(key_uri, ActorKey(owner_uri, key_uri, ED25519, text))
    return tuple(found.values())


def _build_keys(keys: Sequence[ActorKey]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key in keys:
        if key.kind == RSA and "publicKey" not in members:
            members["publicKey"] = {
                "id": key.uri,
                "owner": key.owner_uri,
                "publicKeyPem": key.public_text,
            }
        elif key.kind == ED25519:
            members.setdefault("assertionMethod", []).append(
                {
                    "id": key.uri,
                    "type": "Multikey",
                    "controller": key.owner_uri,
                    "publicKeyMultibase": key.public_text,
                }
            )
    return members


def _build_image(image: ActorImage) -> dict[str, Any]:
    document: dict[str, Any] = {"type": "Image", "url": image.url}
    if image.media_type:
        document["mediaType"] = image.media_type
    if image.alt:
        # Mastodon prefers `summary`, most others read only `name` (wire 4.5)
        document["name"] = document["summary"] = image.alt
    return document


def _parse_image(value: object) -> ActorImage | None:
    for item in as_list(value)[:4]:
        url = url_of(item.get("url")) if isinstance(item, dict) else url_of(item)
        if url is not None:
            described = item if isinstance(item, dict) else {}
            alt = text_of(described.get("summary")) or text_of(described.get("name"))
            return ActorImage(
                url,
                media_type_of(described.get("mediaType")),
                clean_line(alt, 1_500) if alt else None,
            )
    return None


def _parse_fields(value: object) -> tuple[ProfileField, ...]:
    found = []
    for item in as_list(value)[:FIELDS_MAX]:
        if isinstance(item, dict) and type_of(item) == "PropertyValue":
            name, text = text_of(item.get("name")), text_of(item.get("value"))
            if name and text:
                found.append(ProfileField(clean_line(name, 255), sanitise(text[:2_047])))
    return tuple(found)


def _count(value: object) -> int | None:
    """How many are in a collection that is told in place; None when only its address is."""
    total = value.get("totalItems") if isinstance(value, dict) else None
    if isinstance(total, bool) or not isinstance(total, int) or total < 0:
        return None
    return min(total, 2**31 - 1)


def _own(value: object, uri: str) -> str | None:
    """An address at the actor's own origin; anything else is absent."""
    address = id_of(value)
    return address if address is not None and same_origin(address, uri) else None


def _listed(value: object, uri: str, elsewhere: Collection[tuple[str, str]]) -> str | None:
    """An address on another host that a steward listed for this one; never by a less safe way than the actor's own."""
    address = id_of(value)
    if not elsewhere or address is None:
        return None
    is_as_safe = address.partition(":")[0] == uri.partition(":")[0]
    return address if is_as_safe and (host_of(uri), host_of(address)) in elsewhere else None


def _username(value: object, uri: str) -> str:
    text = text_of(value)
    cleaned = clean_line(text, USERNAME_MAX) if text else ""
    if cleaned and not any(character in cleaned for character in "@/ \t"):
        return cleaned
    if text is None:
        # some server actors have none; the host is what people would call them (wire 1.4)
        return host_of(uri)
    raise Invalid("actor.username", field="preferredUsername")
