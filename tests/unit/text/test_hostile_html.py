"""Published attacks on sanitisers, read from the reference vectors when they are at hand."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fedi.text.html import sanitise
from fedi.text.subset import TAGS

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "xss" / "dompurify.json"


def payloads() -> list[str]:
    if not VECTORS.exists():
        return []
    return [case["payload"] for case in json.loads(VECTORS.read_text(encoding="utf-8"))]


ATTRIBUTES = {"href", "class", "rel", "lang", "dir", "start", "reversed", "value"}


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.addresses += [value or "" for name, value in attrs if name == "href"]


def test_the_published_attacks_are_at_hand() -> None:
    if not VECTORS.exists():
        pytest.skip(f"no reference vectors at {VECTORS}")
    assert len(payloads()) > 50


@pytest.mark.parametrize("payload", payloads())
def test_a_published_attack_leaves_only_allowed_tags_and_addresses(payload: str) -> None:
    done = sanitise(payload)
    seen = Seen()
    seen.feed(done)
    seen.close()
    assert seen.tags <= TAGS
    assert seen.attributes <= ATTRIBUTES
    assert all(address.startswith(("http://", "https://", "mailto:")) for address in seen.addresses)
    assert sanitise(done) == done
