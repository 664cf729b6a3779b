"""A document ⇄ Publication: what all kinds have in common. The kind adds its own members. Pure.

What comes from outside is sanitised, shortened and bounded here, once (S45, S67, S68); identity that is wrong
refuses the document, anything else that is wrong is left out.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fedi.clock import iso
from fedi.errors import Invalid
from fedi.publications.attachments import build_attachments, parse_attachments
from fedi.publications.contract import Kind
from fedi.publications.kinds import KIND_NAMES, KNOWN_TYPES, kind_of
from fedi.publications.model import Publication
from fedi.publications.note.activitystreams import options_html
from fedi.publications.tags import build_tags, parse_tags
from fedi.publications.texts import build_texts, parse_texts
from fedi.vocab.audience import Addressing, Visibility, visibility_of
from fedi.vocab.read import (
    as_list,
    audience_of,
    bool_of,
    id_of,
    moment_of,
    type_of,
    url_of,
)
from fedi.vocab.terms import ACTOR_TYPES, CONTEXT, PUBLIC

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
# How far two clocks may be apart, and the order of edits still be known.
AHEAD_MAX: Final = timedelta(hours=1)
COLLECTIONS: Final = ("replies", "likes", "shares")
QUOTE_MEMBERS: Final = ("quote", "quoteUri", "quoteUrl", "_misskey_quote")


def parse_publication(
    document: object,
    *,
    now: datetime,
    followers_uri: str | None = None,
    addressed: Addressing | None = None,
) -> Publication:
    """Reads an object of any kind we know.

    `followers_uri`: the author's followers, without which a post for them counts as direct. `addressed`: the
    activity's lists, used when the object has none. It was published at `now` at the latest, and edited within the hour after.
    Raises Invalid with publication.not_object, publication.type_unknown, publication.id, publication.author,
    event.starts_at, aid.purpose or aid.publishes.
    """
    if not isinstance(document, dict):
        raise Invalid("publication.not_object")
    kind = _kind(document)
    uri = id_of(document.get("id")) if isinstance(document.get("id"), str) else None
    if uri is None:
        raise Invalid("publication.id", field="id")
    authors = authors_of(document)
    if not authors:
        raise Invalid("publication.author", field="attributedTo")
    to, cc = _audience(document, addressed)
    published_at = _published_at(document, now)
    return Publication(
        uri=uri,
        kind=kind.name,
        type=type_of(document, kind.types) or "",
        author=authors[0],
        visibility=visibility_of(to, cc, followers_uri),
        to=to,
        cc=cc,
        texts=parse_texts(_with_options(document)),
        published_at=published_at,
        updated_at=_updated_at(document, published_at, now),
        url=url_of(document.get("url")),
        in_reply_to=_first_id(document, ("inReplyTo",)),
        context=_first_id(document, ("context", "conversation")),
        quote=_first_id(document, QUOTE_MEMBERS),
        quote_stamp=_first_id(document, ("quoteAuthorization",)),
        tags=parse_tags(document),
        attachments=tuple(item for item in parse_attachments(document) if not kind.owns(item)),
        sensitive=bool_of(document.get("sensitive")) is True,
        indexable=bool_of(document.get("indexable")),
        details=kind.parse_details(document),
    )


def build_object(
    publication: Publication, *, with_context: bool = False, with_collections: bool = False
) -> dict[str, Any]:
    """The object as every peer reads it: full addresses, lists where lists are expected, no nulls.

    `with_collections`: names the collections of answers, thanks and announces below the id. `with_context`: for a document that stands alone; embedded
    in an activity, the activity carries the context.
    """
    document: dict[str, Any] = {"@context": CONTEXT} if with_context else {}
    document |= {
        "type": publication.type,
        "id": publication.uri,
        "url": publication.url or publication.uri,
        "attributedTo": publication.author,
        "to": list(publication.to),
        "cc": list(publication.cc),
        "published": iso(publication.published_at),
        **_references(publication),
        **_collections(publication, with_collections),
        **build_texts(publication.texts, publication.type),
        "sensitive": publication.sensitive,
        "tag": build_tags(publication.tags),
        "attachment": build_attachments(publication.attachments),
    }
    if publication.updated_at is not None:
        document["updated"] = iso(publication.updated_at)
    if publication.indexable is not None:
        document["indexable"] = publication.indexable
    if publication.visibility in (Visibility.PUBLIC, Visibility.QUIET):
        # without it Mastodon forbids quoting, and statements are meant to circulate (wire.md 3.4)
        document["interactionPolicy"] = {"canQuote": {"automaticApproval": [PUBLIC]}}
    details = KIND_NAMES[publication.kind].build_details(publication)
    document["attachment"] += details.pop("attachment", [])
    return document | details


def authors_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Who the document says wrote it, the most likely author first.

    `attributedTo` may be a string, an object, or a list (PeerTube: the person and the channel): people and groups
    come before the rest. Without it, `actor` (Akkoma, Hubzilla).
    """
    listed = as_list(document.get("attributedTo"))[:16]
    listed.sort(key=lambda item: isinstance(item, dict) and type_of(item) not in ACTOR_TYPES)
    found = [uri for item in listed if (uri := id_of(item)) is not None]
    if not found:
        found = [uri for item in as_list(document.get("actor"))[:1] if (uri := id_of(item))]
    return tuple(dict.fromkeys(found))


def _kind(document: Mapping[str, Any]) -> Kind:
    kind = kind_of(document)
    if kind is not None:
        return kind
    known = type_of(document, KNOWN_TYPES)
    if known == "Proposal":
        raise Invalid("aid.purpose", field="purpose")
    raise Invalid("publication.type_unknown", field="type")


def _audience(
    document: Mapping[str, Any], addressed: Addressing | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    to, cc = audience_of(document.get("to")), audience_of(document.get("cc"))
    if addressed is not None and not to and not cc:
        return addressed.to, addressed.cc
    return to, cc


def _published_at(document: Mapping[str, Any], now: datetime) -> datetime:
    published = moment_of(document.get("published"))
    return now if published is None else max(EARLIEST, min(published, now))


def _updated_at(document: Mapping[str, Any], published: datetime, now: datetime) -> datetime | None:
    """Only when it is later than the first publication: peers repeat `published` here.

    That is judged by what they say: by our clock, both lie ahead where theirs is fast or ours slow, and it was edited all the
    same. So an edit may lie a little ahead, and the next one after it.
    """
    updated, said = moment_of(document.get("updated")), moment_of(document.get("published"))
    if updated is None or updated <= (said or published):
        return None
    updated = min(updated, now + AHEAD_MAX)
    return updated if updated >= published else None


def _first_id(document: Mapping[str, Any], members: tuple[str, ...]) -> str | None:
    for member in members:
        for item in as_list(document.get(member))[:8]:
            uri = id_of(item)
            if uri is not None:
                return uri
    return None


def _with_options(document: dict[str, Any]) -> dict[str, Any]:
    """A `Question` with its choices at the end of every text: they are part of what was asked."""
    options = options_html(document) if type_of(document) == "Question" else ""
    if not options:
        return document
    contents = document.get("contentMap")
    extended = {**document, "content": f"{document.get('content') or ''}{options}"}
    if isinstance(contents, dict):
        extended["contentMap"] = {
            language: f"{text}{options}" if isinstance(text, str) else text
            for language, text in contents.items()
        }
    return extended


def _collections(publication: Publication, wanted: bool) -> dict[str, Any]:
    """Mastodon shows their totals and reads the answers (wire.md 4.6)."""
    return {name: f"{publication.uri}/{name}" for name in COLLECTIONS} if wanted else {}


def _references(publication: Publication) -> dict[str, Any]:
    members = {
        "inReplyTo": publication.in_reply_to,
        "context": publication.context,
        "conversation": publication.context,
        **dict.fromkeys(QUOTE_MEMBERS, publication.quote),
        "quoteAuthorization": publication.quote_stamp,
    }
    return {member: value for member, value in members.items() if value is not None}
