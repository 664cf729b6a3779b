"""What we write about ourselves is true: settings, addresses of files, tables of what we speak, reasons for what we use."""

import ast
import importlib.metadata
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import click
import pytest

from fedi.cli.main import make
from fedi.cli.speech import Wishes
from fedi.config import render_example
from fedi.i18n.catalog import LANGUAGES, messages_of
from fedi.publications.kinds import KINDS
from inbox.handlers import BY_ACTIVITY
from tests.house.source import ROOT, imports_of, modules

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(p for p in (ROOT / "docs").rglob("*.md") if "changes" not in p.parts)]
)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
# `folder/file` in a sentence; placeholders such as <verb> and NNNN are not paths.
NAMED = re.compile(
    r"`((?:actors|docs|fedi|inbox|outbox|static|tests|benchmarks)/[A-Za-z0-9_./-]*)`"
)
FEDERATION = (ROOT / "FEDERATION.md").read_text(encoding="utf-8")
DEPENDENCIES = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Used by others of our dependencies, never imported by us.
SILENT = {
    "tzdata": "zoneinfo reads it where the system has none",
    "psycopg-binary": "the same library, compiled; psycopg finds it by itself",
}


def named(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return found[0]


def section(text: str, title: str) -> str:
    """What stands below a heading, up to the next one of its rank."""
    found = re.search(
        rf"^(#+) {re.escape(title)}\n(.*?)(?=^\1 |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found, f"no heading {title!r}"
    return found[2]


def first_cells(table: str) -> set[str]:
    """The names in backquotes in the first column of every row."""
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_the_example_lists_every_setting() -> None:
    assert (ROOT / "config.example.toml").read_text(encoding="utf-8") == render_example(), (
        "make example"
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.relative_to(ROOT).as_posix())
def test_every_path_it_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    missing = {link for link in LINK.findall(text) if not (document.parent / link).exists()}
    named_files = {path for path in NAMED.findall(text) if "NNNN" not in path}
    missing |= {path for path in named_files if not (ROOT / path).exists()}
    assert sorted(missing) == []


def test_every_verb_that_arrives_is_described() -> None:
    assert first_cells(section(FEDERATION, "Activities we act on")) == set(BY_ACTIVITY)


def verbs_that_leave() -> set[str]:
    """What the actions put into their envelopes."""
    calls = [
        node
        for module in modules()
        if module.name.startswith("outbox.actions.")
        for node in module.nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"envelope", "tell"}
    ]
    words = {arg.value for call in calls for arg in call.args if isinstance(arg, ast.Constant)}
    return {word for word in words if isinstance(word, str) and word[:1].isupper()}


def test_every_verb_that_leaves_is_described() -> None:
    """Block is described because it never leaves."""
    described = first_cells(section(FEDERATION, "Activities we send"))
    assert described == verbs_that_leave() | {"Block"}


def test_every_kind_of_publication_is_described() -> None:
    assert first_cells(section(FEDERATION, "Publications")) == {kind.name for kind in KINDS}


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "adr"
    listed = re.findall(
        r"\]\((\d{4}-[a-z0-9-]+\.md)\)",
        section((folder / "README.md").read_text(encoding="utf-8"), "Decisions"),
    )
    assert sorted(set(listed)) == sorted(file.name for file in folder.glob("[0-9]*.md"))


@pytest.mark.parametrize("language", ["ar", "es", "fr"])
def test_the_first_page_leads_to_the_other_languages(language: str) -> None:
    top = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:6]
    assert any(f"README.{language}.md" in line for line in top)


@pytest.mark.parametrize("name", ["README.md", "README.ar.md", "README.es.md", "README.fr.md"])
def test_the_first_pages_give_the_two_commands(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    starts = [line.split("#")[0].strip() for line in lines]
    assert "python3 run.py" in starts
    assert "python3 run.py test" in starts


def commands_of(name: str) -> list[list[str]]:
    """The arguments of every `python3 run.py …` on a first page that reach `fedi`."""
    shown = re.findall(r"python3 run\.py ([^\n`#]+)", (ROOT / name).read_text(encoding="utf-8"))
    lines = [shlex.split(line) for line in shown]
    return [words for words in lines if words and words[0] not in {"test", "setup"}]


@pytest.mark.parametrize("name", ["README.md", "README.ar.md", "README.es.md", "README.fr.md"])
def test_the_commands_on_the_first_pages_can_be_given(name: str) -> None:
    for words in commands_of(name):
        command: click.Command = make()
        left = list(words)
        while isinstance(command, click.Group):
            found = command.get_command(click.Context(command), left.pop(0))
            assert found is not None, words
            command = found
        context = command.make_context("fedi", left, obj=Wishes())
        assert context.args == [], words


def to_run() -> set[str]:
    """What a server may load, extras included."""
    extra = PROJECT["project"]["optional-dependencies"]["s3"]
    return {named(each) for each in [*PROJECT["project"]["dependencies"], *extra]}


def test_every_dependency_has_its_reason() -> None:
    wanted = to_run()
    assert first_cells(section(DEPENDENCIES, "To run")) == wanted


def test_every_dependency_for_working_has_its_reason() -> None:
    extra = PROJECT["project"]["optional-dependencies"]["test"]
    wanted = {named(each) for each in [*extra, *PROJECT["dependency-groups"]["build"]]}
    # its own extras
    wanted.remove("mujawara")
    assert first_cells(section(DEPENDENCIES, "To work on the code")) == wanted


def test_every_dependency_is_used() -> None:
    used = {name.split(".")[0] for module in modules() for name in imports_of(module)}
    homes = importlib.metadata.packages_distributions()
    distributions = {
        re.sub(r"[-_.]+", "-", home).lower() for package in used for home in homes.get(package, ())
    }
    wanted = to_run()
    assert wanted - distributions == SILENT.keys()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_a_lock_pins_by_hash_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    pinned = re.findall(r"^([a-z0-9][a-z0-9.-]*)==", text, re.MULTILINE)
    bare = re.findall(r"^[a-z0-9][^\n]*[^\\]\n", text, re.MULTILINE)
    assert len(pinned) > 20
    assert bare == []
    assert "://" not in text


def test_the_lock_holds_what_the_project_asks_for() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9][a-z0-9.-]*)==", text, re.MULTILINE))
    wanted = {named(each) for each in PROJECT["project"]["dependencies"]}
    assert wanted - pinned == set()


def test_both_locks_agree() -> None:
    pins = [
        set(
            re.findall(
                r"^([a-z0-9][a-z0-9.-]*==[^ ]+)",
                (ROOT / name).read_text(encoding="utf-8"),
                re.MULTILINE,
            )
        )
        for name in ("requirements.lock", "requirements-test.lock")
    ]
    assert pins[0] - pins[1] == set()


def test_no_file_says_where_packages_come_from() -> None:
    """Names of packages are enough; which registry answers is the business of the machine that installs."""
    hosts = re.compile(rb"pypi\.|pythonhosted|registry\.npmjs|npmjs\.(com|org)|yarnpkg")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False
    ).stdout
    files = [ROOT / name for name in listed.decode().split("\0") if name]
    if not files:
        pytest.skip("not a git checkout: the list of our files is not to be had")
    own = Path(__file__)
    assert [
        f.name for f in files if f.is_file() and f != own and hosts.search(f.read_bytes())
    ] == []


# What the guide calls the pages as a whole, which is on no button.
HOUSE_NAMES = {"the house", "البيت", "la maison", "la casa"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_names_pages_and_buttons_as_they_are_called(language: str) -> None:
    text = (ROOT / "docs" / "guide" / f"{language}.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", text)) - HOUSE_NAMES
    assert len(named) > 8
    said = [each for each in messages_of(language).values() if isinstance(each, str)]
    assert named - set(said) == set()


@pytest.mark.parametrize(
    "file", sorted((ROOT / "docs" / "guide").glob("*.md")), ids=lambda file: file.name
)
def test_the_pictures_of_the_guide_are_there(file: Path) -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", file.read_text(encoding="utf-8"))
    assert pictures
    assert [name for name in pictures if not (file.parent / name).is_file()] == []
