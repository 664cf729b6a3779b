"""What a member types (Markdown, or nearly plain text) → HTML in the kept subset; the mentions and hashtags in it.

Typed HTML stays text. The forms of mentions and hashtags are those of wire 4.4; who a mention is and
where a hashtag lives come from the caller.
"""

import html as entities
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from fedi.text.direction import without_controls
from fedi.text.hashtags import hashtag_at, normalise_hashtag
from fedi.text.links import checked_link
from fedi.text.plain import with_ascii_markers

SOURCE_LENGTH_MAX: Final = 100_000
MENTIONS_MAX: Final = 50
HASHTAGS_MAX: Final = 50
_NAME_LETTERS: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
)
_LINK_LENGTH_MAX: Final = 2000
_LINK_LETTERS: Final = re.compile(r"[^\s<>\"`\\{}|^«»“”]*")
# "and", "so", "with", "for", "like" are written onto the word that follows, a hashtag too.
_ARABIC_PROCLITICS: Final = frozenset("وفبلك")
_URL_ENDINGS: Final = ".,;:!?'\"*_~)]}»”’،؛؟…"


@dataclass(frozen=True, slots=True)
class MentionLink:
    """A person or collective that a mention names. `handle` is `@name@host`."""

    actor_uri: str
    url: str
    handle: str


def render(
    source: str,
    *,
    mention_link: Callable[[str], MentionLink | None],
    hashtag_url: Callable[[str], str],
) -> str:
    """Markdown → HTML. `mention_link` gets `@name@host`; None leaves the words. A line end is a line break."""
    env = {"mention_link": mention_link, "hashtag_url": hashtag_url}
    rendered = _parser().render(_prepared(source), env)
    return str(rendered).strip()


def find_mentions(source: str) -> tuple[str, ...]:
    """Every `@name@host` outside code and links, once each, in order; the host in lower case."""
    found = dict.fromkeys(str(token.meta["handle"]) for token in _tokens(source, "mention"))
    return tuple(found)[:MENTIONS_MAX]


def find_hashtags(source: str) -> tuple[str, ...]:
    """Every hashtag outside code and links as typed, without '#', once per normalised form, in order."""
    found: dict[str, str] = {}
    for token in _tokens(source, "hashtag"):
        found.setdefault(normalise_hashtag(token.content), token.content)
    return tuple(found.values())[:HASHTAGS_MAX]


def _prepared(source: str) -> str:
    text = source[:SOURCE_LENGTH_MAX].replace("\r\n", "\n").replace("\r", "\n")
    return with_ascii_markers(without_controls(text))


def _tokens(source: str, kind: str) -> Iterator[Token]:
    for block in _parser().parse(_prepared(source)):
        for token in block.children or ():
            if token.type == kind:
                yield token


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    # Left out on purpose: indented code and underlined headings surprise people who indent or draw
    # lines; reference definitions vanish from the page.
    parser = MarkdownIt(
        "commonmark", {"html": False, "breaks": True, "maxNesting": 24}, renderer_cls=_Renderer
    )
    parser.disable(["code", "lheading", "reference", "html_block", "html_inline"])
    parser.enable("strikethrough")
    parser.inline.ruler.before("escape", "bare_link", _bare_link)
    parser.inline.ruler.before("escape", "mention", _mention)
    parser.inline.ruler.before("escape", "hashtag", _hashtag)
    parser.validateLink = lambda url: checked_link(url) is not None  # type: ignore[method-assign]
    return parser


def _bare_link(state: StateInline, silent: bool) -> bool:
    if state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    pending = state.pending[-6:].lower()
    scheme = next((name for name in ("https", "http") if pending.endswith(name)), None)
    if scheme is None or _is_ascii_word(pending[: -len(scheme)][-1:]):
        return False
    end = _end_of_link(state.src, state.pos, state.posMax)
    url = state.pending[-len(scheme) :] + state.src[state.pos : end]
    if checked_link(url) is None:
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme)]
        state.push("link_open", "a", 1).attrs = {"href": url}
        state.push("text", "", 0).content = url
        state.push("link_close", "a", -1)
    state.pos = end
    return True


def _end_of_link(text: str, start: int, stop: int) -> int:
    found = _LINK_LETTERS.match(text, start, min(stop, start + _LINK_LENGTH_MAX))
    end = found.end() if found else start
    while end > start and text[end - 1] in _URL_ENDINGS:
        if text[end - 1] == ")" and text.count("(", start, end) >= text.count(")", start, end):
            break
        if text[end - 1] == "_":
            break
        end -= 1
    return end


def _mention(state: StateInline, silent: bool) -> bool:
    if state.linkLevel or state.src[state.pos] != "@" or not _may_begin(state):
        return False
    stop = min(state.posMax, state.pos + 320)
    middle = _run(state.src, state.pos + 1, stop)
    name = state.src[state.pos + 1 : middle]
    if not name or len(name) > 64 or middle >= stop or state.src[middle] != "@":
        return False
    end = _run(state.src, middle + 1, stop, host=True)
    while end > middle + 1 and state.src[end - 1] in ".-_:":
        end -= 1
    host = state.src[middle + 1 : end].lower()
    if not _is_host(host):
        return False
    if not silent:
        token = state.push("mention", "", 0)
        token.content = state.src[state.pos : end]
        token.meta = {"handle": f"@{name}@{host}", "name": name}
    state.pos = end
    return True


def _hashtag(state: StateInline, silent: bool) -> bool:
    if state.linkLevel or state.src[state.pos] != "#" or not _may_begin(state):
        return False
    name = hashtag_at(state.src, state.pos + 1, state.posMax)
    if name is None:
        return False
    if not silent:
        state.push("hashtag", "", 0).content = name
    state.pos += 1 + len(name)
    return True


def _may_begin(state: StateInline) -> bool:
    if state.pos == 0:
        return True
    before = state.src[state.pos - 1]
    if before in _ARABIC_PROCLITICS:
        return state.pos == 1 or not state.src[state.pos - 2].isalnum()
    return not (before.isalnum() or before in "_/&#@.=")


def _is_ascii_word(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _run(text: str, start: int, stop: int, *, host: bool = False) -> int:
    end = start
    while end < stop and (
        text[end] in _NAME_LETTERS
        or (host and (text[end] == ":" or (text[end] > "\x7f" and text[end].isalnum())))
    ):
        end += 1
    return end


def _is_host(host: str) -> bool:
    name, _, port = host.partition(":")
    if ":" in host and not (port.isascii() and port.isdecimal() and len(port) <= 5):
        return False
    return 1 < len(name) <= 253 and ("." in name or name == "localhost") and all(name.split("."))


class _Renderer(RendererHTML):
    """markdown-it's renderer, kept inside the subset: no classes on code, no images, no first-level headings."""

    def heading_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f"<{_heading(tokens[idx])}>"

    def heading_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f"</{_heading(tokens[idx])}>\n"

    def link_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f'<a href="{entities.escape(str(tokens[idx].attrs.get("href", "")))}">'

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<pre><code>{entities.escape(tokens[idx].content, quote=False)}</code></pre>\n"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return entities.escape(self.renderInlineAsText(tokens[idx].children, options, env))

    def hardbreak(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "<br>"

    def softbreak(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "<br>"

    def hr(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "<hr>\n"

    def mention(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        found: Any = env["mention_link"](token.meta["handle"])
        if not isinstance(found, MentionLink) or checked_link(found.url) is None:
            return entities.escape(token.content, quote=False)
        name = found.handle.lstrip("@").split("@", 1)[0] or token.meta["name"]
        return (
            f'<span class="h-card"><a href="{entities.escape(found.url)}" class="u-url mention">'
            f"@<span>{entities.escape(str(name), quote=False)}</span></a></span>"
        )

    def hashtag(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        name = tokens[idx].content
        url = entities.escape(str(env["hashtag_url"](name)))
        return f'<a href="{url}" class="mention hashtag" rel="tag">#<span>{name}</span></a>'


def _heading(token: Token) -> str:
    return "h2" if token.tag == "h1" else token.tag
