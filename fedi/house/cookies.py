"""The cookies of the house, and the words in its forms that prove a form came from here (S80).

A session lives in one cookie; somebody who is not signed in yet has another, so that the form to sign in is proved too.
The word in a form is a keyed hash of the cookie: it needs no place of its own and ends with the cookie.
"""

import hashlib
import hmac
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from fedi.ids import new_token
from fedi.instance import Instance

_LENGTH_MAX = 100
SESSION = "session"
ENTRY = "entry"


def secret_in(instance: Instance, request: Request, name: str) -> str:
    """What the cookie of this name holds; empty without one."""
    value = request.cookies.get(_named(instance, request, name), "")
    return value if len(value) <= _LENGTH_MAX else ""


def keep(instance: Instance, request: Request, response: Response, name: str, secret: str) -> None:
    """Give the browser a cookie that only we read, only here, and that ends when the browser forgets or we do."""
    life_s = instance.config.people.session_days * 86_400 if name == SESSION else 86_400
    response.set_cookie(
        _named(instance, request, name),
        secret,
        max_age=life_s,
        path="/",
        secure=_is_https(instance, request),
        httponly=True,
        samesite="lax",
    )


def drop(instance: Instance, request: Request, response: Response, name: str) -> None:
    """Take the cookie back."""
    response.delete_cookie(
        _named(instance, request, name),
        path="/",
        secure=_is_https(instance, request),
        httponly=True,
        samesite="lax",
    )


def entry_secret(instance: Instance, request: Request) -> str:
    """The cookie of somebody not signed in; a new one when there is none."""
    return secret_in(instance, request, ENTRY) or new_token()


def form_token(instance: Instance, secret: str) -> str:
    """The word that forms carry for whoever has this cookie."""
    return hmac.new(
        instance.keyring.secret, b"form\x00" + secret.encode("utf-8", "replace"), hashlib.sha256
    ).hexdigest()


def is_token(instance: Instance, secret: str, token: str) -> bool:
    """Whether a form carries the word of this cookie."""
    return bool(secret) and hmac.compare_digest(
        form_token(instance, secret).encode(), token.encode("utf-8", "replace")
    )


def is_from_here(request: Request) -> bool:
    """Whether the browser says that this came from a page of ours; one that says nothing is believed by its form alone.

    `Sec-Fetch-Site` is the browser's own word. `Origin` is compared with the host the browser asked for, which is ours under
    whichever of our names.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
    except ValueError:
        return False


def _named(instance: Instance, request: Request, name: str) -> str:
    # the prefix makes browsers refuse one set by a neighbour below the same domain; it needs https
    return f"__Host-{name}" if _is_https(instance, request) else name


def _is_https(instance: Instance, request: Request) -> bool:
    # under an onion name it is Tor that encrypts: not every browser keeps a Secure cookie there
    return instance.urls.is_https(request.headers.get("host", ""))
