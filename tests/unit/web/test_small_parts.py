"""Redirect targets, cursors, files with hashed names, and the one way past escaping."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response
from starlette.routing import Route

from fedi.assets import load, shipped
from fedi.views.paging import Cursor, parse_cursor
from fedi.web.pages.language import local_target
from fedi.web.render import TEMPLATES
from fedi.web.sanitised import Sanitised
from tests.harness.chance import examples

ROUTES = [
    Route(path, lambda _request: Response())
    for path in ("/", "/agenda", "/tag/{name}", "/event/{id}")
]
CODE = Path(__file__).resolve().parents[3] / "fedi"


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("/agenda", "/agenda"),
        ("/agenda?after=1.2", "/agenda?after=1.2"),
        ("/tag/%D8%AA", "/tag/%D8%AA"),
        ("/tag/تونس", "/tag/%D8%AA%D9%88%D9%86%D8%B3"),
        ("/nowhere/at/all", "/"),
        ("", "/"),
        ("agenda", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/agenda\r\nSet-Cookie: a=b", "/"),
        ("https://evil.example/agenda", "/"),
        ("javascript:alert(1)", "/"),
        ("/agenda\\..\\x", "/"),
        ("/agenda#//evil", "/"),
        ("/" + "a" * 5000, "/"),
    ],
)
def test_one_is_sent_back_only_to_a_page_of_ours(asked: str, target: str) -> None:
    assert local_target(asked, ROUTES) == target


@examples(300)
@given(st.text(max_size=60) | st.text(alphabet="/\\:?#.%agend\t\r\n", max_size=30))
def test_no_target_leads_away_or_splits_the_header(asked: str) -> None:
    target = local_target(asked, ROUTES)
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))
    assert target.isascii()
    assert target.isprintable()


@pytest.mark.parametrize(
    "text",
    [None, "", "1", "1.", ".1", "a.b", "1.2.3", "٣.٤", "1.2\n", " 1.2", "9" * 40 + ".1",
     f"{2**63}.1", f"1.{2**63}", "1.-2", "1e3.1"],
)  # fmt: skip
def test_what_is_no_cursor_is_as_good_as_none(text: str | None) -> None:
    assert parse_cursor(text) is None


@examples(50)
@given(st.integers(-(2**62), 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_cursor_survives_being_written(moment: int, row: int) -> None:
    assert parse_cursor(str(Cursor(moment, row))) == Cursor(moment, row)


def test_every_file_of_the_site_is_found() -> None:
    assert {"style.css", "icons.svg", "mark.svg", "icon.ico"} <= set(shipped().by_name)


def test_another_content_has_another_address(tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text("a{}")
    before = load(tmp_path).path("style.css")
    (tmp_path / "style.css").write_text("b{}")
    assert load(tmp_path).path("style.css") != before


@pytest.mark.parametrize("name", [".secret.css", "notes.txt", "page.html", "config.toml"])
def test_other_files_beside_them_are_not_served(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    assert not load(tmp_path).by_name


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>a</p>", "<p>a</p>"),
        ("<script>alert(1)</script><b onclick=x>b</b>", "<b>b</b>"),
        ('<img src="https://tracker.example/x">', ""),
    ],
)
def test_html_is_cleaned_again_on_its_way_out(html: str, left: str) -> None:
    assert Sanitised(html).__html__() == left


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
@pytest.mark.parametrize(
    "word",
    ["|safe", "| safe", "autoescape", "<script", "<style", "style=", " onload", "javascript:"],
)
def test_no_template_goes_around_escaping_or_the_content_policy(template: Path, word: str) -> None:
    text = template.read_text(encoding="utf-8").replace('rel="stylesheet"', "")
    # a script of ours, by its address, which only pages of the house have
    assert word not in re.sub(
        r"""<script src="{{ asset\('[a-z-]+\.js'\) }}" defer></script>""", "", text
    )


def test_pages_for_everybody_carry_no_script() -> None:
    public = [
        path
        for path in TEMPLATES.rglob("*.html")
        if "house" not in path.relative_to(TEMPLATES).parts
    ]
    assert public
    assert [path.name for path in public if "<script" in path.read_text(encoding="utf-8")] == []


def test_no_code_marks_text_as_safe_by_itself() -> None:
    marking = [
        path
        for folder in ("web", "feeds", "views")
        for path in (CODE / folder).rglob("*.py")
        if "Markup(" in path.read_text(encoding="utf-8")
        or ("__html__(self" in path.read_text(encoding="utf-8") and path.name != "sanitised.py")
    ]
    assert marking == []
