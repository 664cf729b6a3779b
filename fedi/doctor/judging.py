"""What is right and wrong with a document of somebody else: identity, context, keys, inboxes, kind, language. Pure."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from actors.documents import parse_actor, parse_keys
from actors.keys import public_key_of
from fedi.canonical import host_of, is_canonical, same_origin
from fedi.doctor.finding import Finding, Value, Verdict
from fedi.errors import Invalid
from fedi.publications.activitystreams import authors_of, parse_publication
from fedi.publications.model import UNKNOWN_LANGUAGE
from fedi.vocab.activity import parse_activity
from fedi.vocab.read import as_list, id_of, text_of, type_of, url_of
from fedi.vocab.terms import ACTOR_TYPES, AS2

ACTOR: Final = "actor"
ACTIVITY: Final = "activity"
# app/models/account.rb of Mastodon as described in wire 1.2: other names make the actor invisible there.
_USERNAME: Final = re.compile(r"[a-z0-9_]+([.-]+[a-z0-9_]+)*", re.IGNORECASE | re.ASCII)


def say(verdict: Verdict, outcome: str, **values: Value) -> Finding:
    """A finding about others: `outcome` is `check.how`."""
    return Finding(outcome.partition(".")[0], verdict, f"inspect.{outcome}", values)


def judge_identity(document: Mapping[str, Any], url: str) -> list[Finding]:
    """Whether the document stands at its own id, and speaks ActivityStreams in the way others insist on."""
    uri = document.get("id")
    if uri == url:
        found = [say(Verdict.OK, "id.same")]
    elif not isinstance(uri, str) or not is_canonical(uri):
        found = [say(Verdict.FAULT, "id.unusable", seen=str(uri)[:200])]
    elif same_origin(uri, url):
        found = [say(Verdict.WARNING, "id.other", seen=uri, url=url)]
    else:
        found = [say(Verdict.FAULT, "id.elsewhere", seen=uri, url=url)]
    if AS2 in [item for item in as_list(document.get("@context")) if isinstance(item, str)]:
        return [*found, say(Verdict.OK, "context.ok")]
    return [*found, say(Verdict.FAULT, "context.missing")]


def judge_kind(
    document: dict[str, Any], now: datetime, elsewhere: Collection[tuple[str, str]] = ()
) -> tuple[str, dict[str, Any] | None, list[Finding]]:
    """(kind, normal form, findings): what we would make of it, or the named reason why not.

    `elsewhere`: pairs of hosts, of an account and of the inbox that it may have there.
    """
    named = type_of(document) or ""
    if named in ACTOR_TYPES:
        return _as_actor(document, now, named, elsewhere)
    try:
        publication = parse_publication(document, now=now)
    except Invalid as problem:
        return _as_activity(document, named, problem)
    findings = [
        say(Verdict.OK, "kind.known", type=named, kind=publication.kind),
        *_judge_authors(document, publication.uri),
        _judge_page(publication.url, publication.uri),
        _judge_language(publication.language),
        say(Verdict.OK, "visibility.is", visibility=publication.visibility.value),
    ]
    normal = msgspec.to_builtins(publication)
    return publication.kind, normal, findings


def judge_actor(
    document: Mapping[str, Any], uri: str, elsewhere: Collection[tuple[str, str]] = ()
) -> list[Finding]:
    """Keys, inboxes and name of an actor."""
    return [
        *_judge_keys(dict(document), uri),
        _judge_inbox(document.get("inbox"), uri, elsewhere),
        *_judge_shared(document, uri),
        _judge_username(document.get("preferredUsername")),
    ]


def judge_loop(webfinger: Mapping[str, Any], uri: str, handle: str) -> Finding:
    """Whether the name leads back to the actor: Mastodon asks for it of everybody it meets (wire 1.2)."""
    href = self_link(webfinger)
    if href == uri:
        return say(Verdict.OK, "handle.loop", handle=handle)
    return say(Verdict.FAULT, "handle.elsewhere", handle=handle, seen=str(href)[:200], uri=uri)


def self_link(webfinger: Mapping[str, Any]) -> str | None:
    """The actor that a WebFinger answer names, by whichever spelling of the media type."""
    for link in as_list(webfinger.get("links"))[:50]:
        if (
            isinstance(link, dict)
            and link.get("rel") == "self"
            and isinstance(link.get("href"), str)
            and str(link.get("type", "")).startswith(
                ("application/activity+json", "application/ld+json")
            )
        ):
            return str(link["href"])
    return None


def _as_actor(
    document: dict[str, Any], now: datetime, named: str, elsewhere: Collection[tuple[str, str]]
) -> tuple[str, dict[str, Any] | None, list[Finding]]:
    judged = judge_actor(document, id_of(document.get("id")) or "", elsewhere)
    try:
        actor, _ = parse_actor(document, now=now, elsewhere=elsewhere)
    except Invalid as problem:
        refusal = say(Verdict.FAULT, "kind.refused", type=named, reason=problem.message_key)
        return ACTOR, None, [refusal, *judged]
    known = say(Verdict.OK, "kind.actor", type=named)
    return ACTOR, msgspec.to_builtins(actor), [known, *judged]


def _as_activity(
    document: dict[str, Any], named: str, problem: Invalid
) -> tuple[str, dict[str, Any] | None, list[Finding]]:
    if "object" in document and "actor" in document:
        try:
            activity = parse_activity(document)
        except Invalid as other:
            problem = other
        else:
            finding = say(Verdict.OK, "kind.activity", type=named, actor=activity.actor)
            return ACTIVITY, None, [finding]
    refusal = say(Verdict.FAULT, "kind.refused", type=named or "–", reason=problem.message_key)
    return "", None, [refusal]


def _judge_authors(document: Mapping[str, Any], uri: str) -> list[Finding]:
    author = next(iter(authors_of(document)), None)
    if author is not None and same_origin(author, uri):
        return [say(Verdict.OK, "author.same", author=author)]
    return [say(Verdict.FAULT, "author.elsewhere", author=str(author)[:200])]


def _judge_page(url: str | None, uri: str) -> Finding:
    if url is None or same_origin(url, uri):
        return say(Verdict.OK, "page.same")
    # Misskey refuses the note (wire 10.1)
    return say(Verdict.WARNING, "page.elsewhere", url=url)


def _judge_language(language: str) -> Finding:
    if language == UNKNOWN_LANGUAGE:
        return say(Verdict.WARNING, "language.unknown")
    return say(Verdict.OK, "language.is", language=language)


def _judge_keys(document: dict[str, Any], uri: str) -> list[Finding]:
    listed = parse_keys(document, uri)
    usable = [key for key in listed if public_key_of(key) is not None]
    if usable:
        kinds = ", ".join(dict.fromkeys(key.kind for key in usable))
        return [say(Verdict.OK, "keys.usable", n=len(usable), kinds=kinds)]
    return [say(Verdict.FAULT, "keys.none", listed=len(listed))]


def _judge_inbox(inbox: object, uri: str, elsewhere: Collection[tuple[str, str]]) -> Finding:
    address = id_of(inbox)
    if address is None:
        return say(Verdict.FAULT, "inbox.none")
    if same_origin(address, uri):
        return say(Verdict.OK, "inbox.same", inbox=address)
    if elsewhere and (host_of(uri), host_of(address)) in elsewhere:
        return say(Verdict.OK, "inbox.listed", inbox=address)
    return say(Verdict.FAULT, "inbox.elsewhere", inbox=address)


def _judge_shared(document: Mapping[str, Any], uri: str) -> list[Finding]:
    endpoints = document.get("endpoints")
    value = (
        endpoints.get("sharedInbox") if isinstance(endpoints, dict) else document.get("sharedInbox")
    )
    address = id_of(value)
    if address is None:
        return []
    if same_origin(address, uri):
        return [say(Verdict.OK, "shared_inbox.same", inbox=address)]
    return [say(Verdict.WARNING, "shared_inbox.elsewhere", inbox=address)]


def _judge_username(value: object) -> Finding:
    name = text_of(value) or ""
    if _USERNAME.fullmatch(name):
        return say(Verdict.OK, "username.plain", name=name)
    return say(Verdict.WARNING, "username.odd", name=name[:100] or "–")


def page_of(document: Mapping[str, Any]) -> str | None:
    """Where people see it."""
    return url_of(document.get("url"))
