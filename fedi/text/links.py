"""Which addresses may be linked, and whether the words of a link tell the truth about where it leads (S69)."""

import unicodedata
from typing import Final
from urllib.parse import urlsplit

SCHEMES: Final = frozenset({"http", "https", "mailto"})
_URL_LENGTH_MAX: Final = 2048
_FORBIDDEN: Final = frozenset(' \t\r\n<>"`\\{}|^')
# Names that end like a file are file names in ordinary speech; none of these is a top-level domain.
_FILE_ENDINGS: Final = frozenset(
    {"pdf", "doc", "docx", "odt", "ods", "odp", "xls", "xlsx", "csv", "txt", "jpg", "jpeg", "png", "gif",
     "html", "htm", "ics", "epub", "js", "json", "xml", "mp3", "ogg", "webm"}
)  # fmt: skip


def checked_link(url: str) -> str | None:
    """The address if it may stand in a link (http, https, mailto; a host; nobody's name before the host), else None."""
    url = url.strip()
    if not _is_plain_address(url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme == "mailto":
        return url if "@" in parts.path else None
    return url if scheme in SCHEMES and parts.hostname and "@" not in parts.netloc else None


def honest_text(text: str, href: str) -> str | None:
    """None when the words of a link may stay; else the words to show instead (the host or mail address).

    Words that look like an address must name the host the link really leads to.
    """
    shown = _plain(text)
    if not shown:
        return None
    parts = urlsplit(href)
    if parts.scheme.lower() == "mailto":
        address = parts.path
        looks_like_address = "@" in shown and " " not in shown
        if looks_like_address and shown.casefold() != address.casefold():
            return address
        return address if _host_in(shown) and not looks_like_address else None
    claimed = _host_in(shown)
    target = parts.hostname or ""
    if claimed is None or _bare(claimed) == _bare(target):
        return None
    return target


def _host_in(shown: str) -> str | None:
    """The host a piece of text names when it reads as an address; None when it reads as words."""
    first = shown.split(" ", 1)[0]
    lowered = first.casefold()
    for prefix in ("https://", "http://", "//"):
        if lowered.startswith(prefix):
            rest = lowered[len(prefix) :]
            return _authority(rest) or rest[:1] or prefix
    if " " in shown or "@" in first:
        return None
    host = _authority(lowered)
    labels = host.split(".")
    if len(labels) < 2 or not all(labels) or not labels[-1].isalpha() or len(labels[-1]) < 2:
        return None
    if labels[-1] in _FILE_ENDINGS and host == lowered:
        return None
    if any(not label.replace("-", "").replace("_", "").isalnum() for label in labels):
        return None
    return host


def _authority(rest: str) -> str:
    for mark in "/?#\\":
        rest = rest.split(mark, 1)[0]
    return rest.rsplit("@", 1)[-1].split(":", 1)[0].rstrip(".\u2026")


def _bare(host: str) -> str:
    host = host.casefold().rstrip(".").removeprefix("www.")
    if host.isascii() or len(host) > 253:
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _plain(text: str) -> str:
    normal = unicodedata.normalize("NFKC", text[:4000])
    return " ".join(
        "".join(c for c in normal if unicodedata.category(c) not in {"Cf", "Cc"}).split()
    )


def _is_plain_address(url: str) -> bool:
    if not url or len(url) > _URL_LENGTH_MAX or not url.isprintable():
        return False
    return _FORBIDDEN.isdisjoint(url) and (url.isascii() or not any(map(_is_control, url)))


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
