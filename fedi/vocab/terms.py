"""Names that appear on the wire: namespaces, media types, types, and the one `@context` we send.

Every member that a `build_` function writes has its term here, so that a JSON-LD processor in safe mode drops nothing.
"""

from typing import Any, Final

AS2: Final = "https://www.w3.org/ns/activitystreams"
SECURITY_V1: Final = "https://w3id.org/security/v1"
PUBLIC: Final = "https://www.w3.org/ns/activitystreams#Public"
PUBLIC_SPELLINGS: Final = frozenset({PUBLIC, "as:Public", "Public"})

ACTIVITY_JSON: Final = "application/activity+json"
LD_JSON: Final = "application/ld+json"
LD_JSON_PROFILE: Final = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
JRD_JSON: Final = "application/jrd+json"

ACTOR_TYPES: Final = frozenset({"Application", "Group", "Organization", "Person", "Service"})

# Prefixes with which some peers write type names (Bonfire: "ValueFlows:Proposal").
TYPE_PREFIXES: Final = ("as:", "vf:", "ValueFlows:", "toot:", "sc:", "schema:", "mj:", f"{AS2}#")

OWN_NAMESPACE: Final = "urn:mujawara:ns#"


def _iri(term: str) -> dict[str, str]:
    """A term whose value is an address."""
    return {"@id": term, "@type": "@id"}


# Short, but complete; `http://schema.org#` and the other odd addresses are the ones the peers use (wire.md 10.4).
_OTHER_TERMS: Final[dict[str, Any]] = {
    "toot": "http://joinmastodon.org/ns#",
    "sc": "http://schema.org#",
    "mz": "https://joinmobilizon.org/ns#",
    "pt": "https://joinpeertube.org/ns#",
    "ical": "http://www.w3.org/2002/12/cal/ical#",
    "fep8a8e": "https://w3id.org/fep/8a8e/",
    "fep044f": "https://w3id.org/fep/044f#",
    "gts": "https://gotosocial.org/ns#",
    "vf": "https://w3id.org/valueflows/ont/vf#",
    "om2": "http://www.ontology-of-units-of-measure.org/resource/om-2/",
    "lemmy": "https://join-lemmy.org/ns#",
    "litepub": "http://litepub.social/ns#",
    "ostatus": "http://ostatus.org#",
    "misskey": "https://misskey-hub.net/ns#",
    "fedibird": "http://fedibird.com/ns#",
    "sec": "https://w3id.org/security#",
    "mj": OWN_NAMESPACE,
    # actors
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "alsoKnownAs": _iri("as:alsoKnownAs"),
    "movedTo": _iri("as:movedTo"),
    # ActivityStreams reads the word as an address relative to nothing: some processors drop it, others do not, and what
    # we signed would not be what they verify
    "formerType": {"@id": "as:formerType", "@type": "@vocab"},
    "featured": _iri("toot:featured"),
    "featuredTags": _iri("toot:featuredTags"),
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "suspended": "toot:suspended",
    "PropertyValue": "sc:PropertyValue",
    "value": "sc:value",
    "propertyID": "sc:propertyID",
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    "implements": _iri("https://w3id.org/fep/844e#implements"),
    "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
    "moderators": _iri("lemmy:moderators"),
    "openness": "mz:openness",
    "memberCount": "mz:memberCount",
    "members": _iri("mz:members"),
    "events": _iri("mz:events"),
    "posts": _iri("mz:posts"),
    # keys and proofs
    "assertionMethod": _iri("sec:assertionMethod"),
    "Multikey": "sec:Multikey",
    "controller": _iri("sec:controller"),
    "publicKeyMultibase": {"@id": "sec:publicKeyMultibase", "@type": "sec:multibase"},
    "RsaSignature2017": "sec:RsaSignature2017",
    "DataIntegrityProof": "sec:DataIntegrityProof",
    "proof": {"@id": "sec:proof", "@type": "@id", "@container": "@graph"},
    "cryptosuite": {"@id": "sec:cryptosuite", "@type": "sec:cryptosuiteString"},
    "proofPurpose": {"@id": "sec:proofPurpose", "@type": "@vocab"},
    "proofValue": {"@id": "sec:proofValue", "@type": "sec:multibase"},
    "verificationMethod": _iri("sec:verificationMethod"),
    # posts
    "Hashtag": "as:Hashtag",
    "sensitive": "as:sensitive",
    "Emoji": "toot:Emoji",
    "EmojiReact": "litepub:EmojiReact",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@id": "toot:focalPoint", "@container": "@list"},
    "votersCount": "toot:votersCount",
    "conversation": "ostatus:conversation",
    "quote": _iri("fep044f:quote"),
    "quoteUri": _iri("fedibird:quoteUri"),
    "quoteUrl": _iri("as:quoteUrl"),
    "_misskey_quote": _iri("misskey:_misskey_quote"),
    "quoteAuthorization": _iri("fep044f:quoteAuthorization"),
    "QuoteRequest": "fep044f:QuoteRequest",
    "QuoteAuthorization": "fep044f:QuoteAuthorization",
    "interactingObject": _iri("gts:interactingObject"),
    "interactionTarget": _iri("gts:interactionTarget"),
    "interactionPolicy": _iri("gts:interactionPolicy"),
    "canQuote": _iri("gts:canQuote"),
    "automaticApproval": _iri("gts:automaticApproval"),
    "manualApproval": _iri("gts:manualApproval"),
    "publicationKind": "mj:publicationKind",
    "inLanguage": "sc:inLanguage",
    # events
    "address": "sc:address",
    "PostalAddress": "sc:PostalAddress",
    "streetAddress": "sc:streetAddress",
    "postalCode": "sc:postalCode",
    "addressLocality": "sc:addressLocality",
    "addressRegion": "sc:addressRegion",
    "addressCountry": "sc:addressCountry",
    "VirtualLocation": "sc:VirtualLocation",
    "category": "sc:category",
    "maximumAttendeeCapacity": "sc:maximumAttendeeCapacity",
    "remainingAttendeeCapacity": "sc:remainingAttendeeCapacity",
    "status": "ical:status",
    "timezone": "mz:timezone",
    "isOnline": "mz:isOnline",
    "joinMode": "mz:joinMode",
    "externalParticipationUrl": "mz:externalParticipationUrl",
    "participantCount": "mz:participantCount",
    "anonymousParticipationEnabled": "mz:anonymousParticipationEnabled",
    "repliesModerationOption": "mz:repliesModerationOption",
    "participationMessage": "mz:participationMessage",
    "contacts": _iri("mz:contacts"),
    "draft": "mz:draft",
    "commentsEnabled": "pt:commentsEnabled",
    "eventStatus": "fep8a8e:eventStatus",
    "previousStartTime": "fep8a8e:previousStartTime",
    "displayEndTime": "fep8a8e:displayEndTime",
    "organizers": _iri("fep8a8e:organizers"),
    "attendees": _iri("fep8a8e:attendees"),
    "upcomingEvents": _iri("fep8a8e:upcomingEvents"),
    "isBannerImage": "fep8a8e:isBannerImage",
    "allDay": "mj:allDay",
    "offer": _iri("mj:offer"),
    "agreed": "mj:agreed",
    "subEvent": _iri("sc:subEvent"),
    "superEvent": _iri("sc:superEvent"),
    "performer": "sc:performer",
    "additionalType": _iri("sc:additionalType"),
    # aid (FEP-0837)
    "about": _iri("sc:about"),
    "Proposal": "vf:Proposal",
    "Intent": "vf:Intent",
    "Agreement": "vf:Agreement",
    "Commitment": "vf:Commitment",
    "action": "vf:action",
    "purpose": "vf:purpose",
    "unitBased": "vf:unitBased",
    "publishes": _iri("vf:publishes"),
    "reciprocal": _iri("vf:reciprocal"),
    "resourceConformsTo": _iri("vf:resourceConformsTo"),
    "resourceClassifiedAs": "vf:resourceClassifiedAs",
    "resourceQuantity": "vf:resourceQuantity",
    "availableQuantity": "vf:availableQuantity",
    "minimumQuantity": "vf:minimumQuantity",
    "stipulates": _iri("vf:stipulates"),
    "stipulatesReciprocal": _iri("vf:stipulatesReciprocal"),
    "satisfies": _iri("vf:satisfies"),
    "hasUnit": "om2:hasUnit",
    "hasNumericalValue": "om2:hasNumericalValue",
}

CONTEXT: Final[list[Any]] = [AS2, SECURITY_V1, _OTHER_TERMS]
