"""News feeds: readable by any XML parser whatever they carry, with ids that last."""

from collections.abc import Callable
from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi.feeds.atom import render_atom
from fedi.feeds.entries import Feed, entries_of
from fedi.feeds.rss import render_rss
from fedi.publications.model import Text
from fedi.views.listed import Listed
from tests.harness.chance import examples
from tests.unit.feeds.made import AUTHOR, listed

ATOM = "{http://www.w3.org/2005/Atom}"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
RENDERERS = [render_atom, render_rss]


def parsed(raw: bytes) -> Element:
    return fromstring(raw)  # noqa: S314 - our own words


def feed(*items: Listed, title: str = "مجاورة", subtitle: str = "") -> Feed:
    return Feed(
        title,
        subtitle,
        "https://here.example/feed.atom",
        "https://here.example/",
        "ar",
        entries_of(items),
    )


def text_of(root: Element, path: str) -> str:
    found = root.find(path)
    assert found is not None
    return found.text or ""


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize(
    "hostile",
    [
        "<b onload>",
        "]]><!ENTITY x SYSTEM 'file:///etc/passwd'>",
        "&amp; & &#0;",
        "\x00\x0b\x1f\ufffe\uffff",
        "\ud800 lone",
        "\u202eevil",
        "line\r\nbreak",
    ],
)
def test_whatever_is_in_names_the_feed_is_still_xml(
    render: Callable[[Feed], bytes], hostile: str
) -> None:
    author = replace(AUTHOR, name=hostile)
    item = listed(hostile, f"<p>{hostile}</p>", author=author, tags=(hostile,))
    root = parsed(render(feed(item, title=hostile, subtitle=hostile)))
    assert not [each for each in root.iter() if each.tag in ("b", "ENTITY")]


@pytest.mark.parametrize("render", RENDERERS)
@examples(60)
@given(text=st.text(max_size=80))
def test_any_text_makes_a_feed_that_parses(render: Callable[[Feed], bytes], text: str) -> None:
    assert parsed(render(feed(listed(text, text), title=text))) is not None


def test_a_title_is_the_same_after_reading() -> None:
    root = parsed(render_atom(feed(listed("حرب & <سلام>"))))
    assert text_of(root, f"{ATOM}entry/{ATOM}title") == "حرب & <سلام>"


def test_the_id_of_an_entry_is_the_id_of_the_publication() -> None:
    item = listed()
    root = parsed(render_atom(feed(item)))
    assert text_of(root, f"{ATOM}entry/{ATOM}id") == item.publication.uri


def test_an_entry_says_its_language() -> None:
    root = parsed(render_atom(feed(listed(language="fr"))))
    found = root.find(f"{ATOM}entry")
    assert found is not None
    assert found.get(LANG) == "fr"


def test_an_unknown_language_is_not_claimed() -> None:
    root = parsed(render_atom(feed(listed(language="und"))))
    found = root.find(f"{ATOM}entry")
    assert found is not None
    assert found.get(LANG) is None


def test_scripts_in_a_stored_text_do_not_reach_a_reader() -> None:
    root = parsed(render_rss(feed(listed(content="<p>a<script>x()</script></p>"))))
    assert text_of(root, f"channel/item/{ENCODED}") == "<p>a</p>"


def test_a_text_without_a_name_is_called_by_its_beginning() -> None:
    item = listed(None, "<p>شكرًا لكل من حضر</p>")
    root = parsed(render_rss(feed(item)))
    assert text_of(root, "channel/item/title") == "شكرًا لكل من حضر"


def test_a_warning_is_not_read_as_an_abstract() -> None:
    item = listed(type="Note", texts={"en": Text(None, "Careful", "<p>a</p>")})
    assert entries_of([item])[0].summary == ""


@pytest.mark.parametrize("render", RENDERERS)
def test_an_empty_feed_is_a_feed(render: Callable[[Feed], bytes]) -> None:
    assert parsed(render(feed())).tag in (f"{ATOM}feed", "rss")


def test_the_same_things_make_the_same_bytes() -> None:
    assert render_atom(feed(listed())) == render_atom(feed(listed()))
