"""Block lists as text: Mastodon's CSV, or one host on each line, → what they propose; and back. Pure, and bounded.

Text of others enters: whatever cannot be understood is counted and left out.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fedi.canonical import HOST_CHARS_MAX, canonical, host_of
from fedi.errors import Invalid, TooLarge
from fedi.text.direction import clean_line

BYTES_MAX: Final = 5 * 1024 * 1024
ROWS_MAX: Final = 50_000
COMMENT_MAX: Final = 300

BLOCK: Final = "block"
LIMIT: Final = "limit"
COLUMNS: Final = (
    "#domain",
    "#severity",
    "#reject_media",
    "#reject_reports",
    "#public_comment",
    "#obfuscate",
)

# Mastodon's words, and what they mean here; `noop` asks for nothing that we do.
_WISHES: Final[Mapping[str, str]] = {
    "": BLOCK,
    "suspend": BLOCK,
    "block": BLOCK,
    "silence": LIMIT,
    "limit": LIMIT,
}
_NOTHING: Final = "noop"
_HEADINGS: Final = frozenset({"domain", "host", "instance"})
_HIDING: Final = "*"
# A spreadsheet takes a cell that begins like this for a formula.
_FORMULA: Final = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class ListedHost:
    """One proposal. `wish`: block or limit."""

    host: str
    wish: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ParsedList:
    """What a list proposes, each host once, and how many rows could not be taken."""

    hosts: tuple[ListedHost, ...]
    obfuscated: int = 0
    unreadable: int = 0


def parse_list(raw: bytes) -> ParsedList:
    """Read a list. Of two rows about one host the stricter counts.

    Raises TooLarge, and Invalid with blocklist.not_text, blocklist.rows or blocklist.empty.
    """
    if len(raw) > BYTES_MAX:
        raise TooLarge("blocklist.too_large", limit=BYTES_MAX // 1024 // 1024)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Invalid("blocklist.not_text") from problem
    found: dict[str, ListedHost] = {}
    obfuscated = unreadable = 0
    for row in _rows(text):
        if _HIDING in row["domain"]:
            obfuscated += 1
            continue
        listed = _listed(row)
        if listed is None:
            unreadable += 1
        elif listed.wish and _is_stricter(listed, found.get(listed.host)):
            found[listed.host] = listed
    if not found and not obfuscated:
        raise Invalid("blocklist.empty")
    return ParsedList(tuple(found.values()), obfuscated, unreadable)


def write_list(hosts: Iterable[ListedHost]) -> str:
    """The CSV that Mastodon imports."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in hosts:
        severity = "suspend" if each.wish == BLOCK else "silence"
        comment = f"'{each.comment}" if each.comment.startswith(_FORMULA) else each.comment
        writer.writerow((each.host, severity, "false", "false", comment, "false"))
    return out.getvalue()


def host_name(text: str) -> str | None:
    """The host as it is compared, of a name or an address; None for what is no domain."""
    text = text.strip()
    if not text or len(text) > HOST_CHARS_MAX * 2:
        return None
    try:
        host = host_of(canonical(text if "://" in text else f"https://{text}/"))
    except Invalid:
        return None
    return host if "." in host or host.startswith("[") else None


def _rows(text: str) -> Iterator[dict[str, str]]:
    """Each row by column. Raises Invalid when there are too many."""
    names: Sequence[str] = [name.removeprefix("#") for name in COLUMNS]
    may_name = True
    for number, cells in enumerate(_cells(text)):
        if number > ROWS_MAX:
            raise Invalid("blocklist.rows", limit=ROWS_MAX)
        first = cells[0].strip() if cells else ""
        if may_name and first.removeprefix("#").strip().lower() in _HEADINGS:
            names = [cell.strip().removeprefix("#").lower() for cell in cells]
            may_name = False
        elif first and not first.startswith("#"):
            yield {**dict(zip(names[1:], cells[1:], strict=False)), "domain": first}
            may_name = False


def _cells(text: str) -> Iterator[Sequence[str]]:
    """As CSV, comments over several lines included; if that is broken, each line for itself."""
    try:
        yield from list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error:
        for line in text.splitlines():
            yield line.replace('"', "").split(",")


def _listed(row: Mapping[str, str]) -> ListedHost | None:
    """The proposal of a row; its wish is empty when it asks for nothing that we do."""
    host = host_name(row["domain"].partition(" #")[0])
    severity = (row.get("severity") or "").strip().lower()
    if host is None or severity not in (*_WISHES, _NOTHING):
        return None
    comment = clean_line(row.get("public_comment") or "", COMMENT_MAX)
    return ListedHost(host, _WISHES.get(severity, ""), comment)


def _is_stricter(listed: ListedHost, known: ListedHost | None) -> bool:
    return known is None or (known.wish == LIMIT and listed.wish == BLOCK)
