"""The tree of errors. Raise where it is known, catch only at edges (app, worker step, command line).

FediError
├─ Invalid 400            malformed, or breaks a rule
│   ├─ TooLarge 413
│   └─ UnsupportedMediaType 415
├─ Unauthenticated 401    no proof, wrong proof
├─ Forbidden 403          known, not allowed
├─ NotFound 404
├─ Gone 410
├─ Conflict 409
├─ TooMany 429            carries retry_after_s
├─ Unavailable 503        carries retry_after_s
├─ RemoteError 502        something about another server
│   ├─ RemoteUnreachable  name, connection, TLS, time, 5xx, 408, 429: again later
│   ├─ RemoteRefused      other 4xx: final
│   ├─ RemoteGone         404 or 410: final
│   ├─ RemoteMalformed    not JSON, wrong id, wrong type, too large: final
│   └─ ForbiddenAddress   private network, bad port, bad scheme: final
└─ SetupError             at start only; says which line of which file and what to write instead
"""

from typing import Any, ClassVar


class FediError(Exception):
    """An expected failure. `message_key` is translated and safe to show; `detail` goes to the log only."""

    status: ClassVar[int] = 500
    default_key: ClassVar[str] = "error.internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message_key: str | None = None, detail: str = "", **values: Any) -> None:
        self.message_key = message_key or self.default_key
        self.detail = detail
        self.values = values
        super().__init__(f"{self.message_key}: {detail}" if detail else self.message_key)


class Invalid(FediError):
    """Malformed input, or input that breaks a rule. `field` names the part that is wrong."""

    status = 400
    default_key = "error.invalid"

    def __init__(
        self, message_key: str | None = None, detail: str = "", field: str = "", **values: Any
    ) -> None:
        super().__init__(message_key, detail, **values)
        self.field = field


class TooLarge(Invalid):
    status = 413
    default_key = "error.too_large"


class UnsupportedMediaType(Invalid):
    status = 415
    default_key = "error.media_type"


class Unauthenticated(FediError):
    status = 401
    default_key = "error.unauthenticated"


class Forbidden(FediError):
    status = 403
    default_key = "error.forbidden"


class NotFound(FediError):
    status = 404
    default_key = "error.not_found"


class Gone(FediError):
    status = 410
    default_key = "error.gone"


class Conflict(FediError):
    status = 409
    default_key = "error.conflict"


class _Later(FediError):
    retryable = True

    def __init__(
        self,
        message_key: str | None = None,
        detail: str = "",
        retry_after_s: int = 60,
        **values: Any,
    ) -> None:
        super().__init__(message_key, detail, **values)
        self.retry_after_s = retry_after_s


class TooMany(_Later):
    status = 429
    default_key = "error.too_many"


class Unavailable(_Later):
    status = 503
    default_key = "error.unavailable"


class RemoteError(FediError):
    """Something about another server. `http_status` is what it answered, if it did."""

    status = 502
    default_key = "error.remote"

    def __init__(
        self,
        message_key: str | None = None,
        detail: str = "",
        http_status: int | None = None,
        retry_after_s: int | None = None,
        **values: Any,
    ) -> None:
        super().__init__(message_key, detail, **values)
        self.http_status = http_status
        self.retry_after_s = retry_after_s


class RemoteUnreachable(RemoteError):
    default_key = "error.remote_unreachable"
    retryable = True


class RemoteRefused(RemoteError):
    default_key = "error.remote_refused"


class RemoteGone(RemoteError):
    default_key = "error.remote_gone"


class RemoteMalformed(RemoteError):
    default_key = "error.remote_malformed"


class ForbiddenAddress(RemoteError):
    default_key = "error.forbidden_address"


class SetupError(FediError):
    """Something is wrong with the configuration or the data folder; `str()` says what to do about it."""

    default_key = "error.setup"

    def __str__(self) -> str:
        return self.detail or self.message_key
