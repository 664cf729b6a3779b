"""What an inbox answers, as it is counted: the status and the reason. A reason that is not listed here is counted as `other`."""

from typing import Final

from fedi.metrics import Family, Kind

# Taken, whether it will have an effect or not.
TAKEN: Final = frozenset(
    {
        "kept",
        "known",
        "counted",
        "farewell",
        "unrelated",
        "hint_taken",
        "hint_blocked",
        "hint_unrelated",
        "hint_ignored",
        "relay_blocked",
        "relay_unwanted",
        "relay_author_blocked",
        "relay_dead",
        "relay_known",
    }
)
# Refused: the keys of the errors that the door raises.
REFUSED: Final = frozenset(
    {
        "activity.actor",
        "activity.id",
        "activity.not_object",
        "activity.type",
        "error.busy",
        "error.forbidden",
        "error.forbidden_address",
        "error.host_blocked",
        "error.internal",
        "error.invalid",
        "error.media_type",
        "error.remote",
        "error.remote_gone",
        "error.remote_malformed",
        "error.remote_refused",
        "error.remote_unreachable",
        "error.storage",
        "error.too_large",
        "error.too_many",
        "error.unauthenticated",
        "error.unavailable",
        "json.depth",
        "json.duplicate_key",
        "json.encoding",
        "json.key_length",
        "json.moved_meaning",
        "json.no_canonical_form",
        "json.not_object",
        "json.nul",
        "json.number",
        "json.string_length",
        "json.syntax",
        "json.values",
        "key.unreadable",
        "signature.algorithm",
        "signature.clock",
        "signature.coverage",
        "signature.digest",
        "signature.duplicate",
        "signature.host",
        "signature.key",
        "signature.key_unreachable",
        "signature.malformed",
        "signature.mismatch",
        "signature.missing",
        "signature.not_the_actor",
        "signature.purpose",
    }
)
ANSWERED: Final = Family(
    "mujawara_inbox_answers_total",
    Kind.COUNTER,
    "What other servers sent to an inbox, by what was answered and why.",
    status=map(str, (202, 400, 401, 403, 404, 409, 410, 413, 415, 429, 500, 502, 503)),
    verdict=TAKEN | REFUSED,
)
