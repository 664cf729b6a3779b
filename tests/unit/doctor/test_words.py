"""Every finding can be said, every trouble has a repair, and the lines of a repair stand in the files of the guide."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedi.config import parse_config
from fedi.doctor import repairs
from fedi.doctor.finding import Finding, Lines
from fedi.doctor.run import INSIDE, OUTSIDE
from fedi.i18n.catalog import messages_of

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "docs" / "deploy"
TROUBLES = {"warning", "fault", "outcome"}
LATE = {"outcome"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / "fedi" / "doctor").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node


def texts(call: ast.Call) -> list[str]:
    return [
        each.value
        for each in call.args
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]


def keys_said() -> dict[str, bool]:
    """Message key → whether a repair in the file of words is needed because no lines come with it."""
    found: dict[str, bool] = {}
    for name, call in calls():
        said = texts(call)
        if name == "well":
            found[f"doctor.{said[0]}.{said[1] if len(said) > 1 else 'ok'}"] = False
        elif name == "skipped":
            found[f"doctor.skipped.{said[-1]}"] = False
        elif name in TROUBLES | {"fault_of"} and len(said) > 1:
            found[f"doctor.{said[0]}.{said[1]}"] = len(call.args) == 2
        elif name in {"say", "_trouble"} and said:
            found[f"inspect.{said[0]}"] = False
    return found


def lines_of_repairs() -> list[Lines]:
    bundles = [value for value in vars(repairs).values() if isinstance(value, tuple)]
    return [each for bundle in bundles for each in bundle]


def test_the_search_for_keys_finds_each_kind() -> None:
    found = keys_said()
    assert {"doctor.disk.ok", "doctor.host.altered", "doctor.skipped.onion"} <= found.keys()
    assert {"inspect.id.same", "inspect.document.failed", "doctor.clock.differs"} <= found.keys()


def test_every_finding_can_be_said() -> None:
    assert sorted(keys_said().keys() - messages_of("en").keys()) == []


def test_every_trouble_has_a_repair() -> None:
    unmended = [
        key
        for key, needs_words in keys_said().items()
        if needs_words and f"{key}_repair" not in messages_of("en")
    ]
    assert unmended == []


def test_no_word_is_there_for_nothing() -> None:
    spoken = keys_said()
    spare = [
        key
        for key in messages_of("en")
        if key.startswith("doctor.")
        and key.split(".")[1]
        not in {"name", "verdict", "sum", "repair", "broken", "progress", "mend", "code"}
        and key.removesuffix("_repair") not in spoken
    ]
    assert spare == []


@pytest.mark.parametrize("name", [name for name, _ in INSIDE + OUTSIDE])
def test_every_check_has_a_name_for_people(name: str) -> None:
    assert f"doctor.name.{name}" in messages_of("en")


@pytest.mark.parametrize(
    ("program", "file"), [(repairs.NGINX, "nginx.conf"), (repairs.CADDY, "Caddyfile")]
)
def test_the_lines_of_a_repair_stand_in_the_files_of_the_guide(program: str, file: str) -> None:
    known = {line.strip() for line in (DEPLOY / file).read_text(encoding="utf-8").splitlines()}
    printed = {line for each in lines_of_repairs() if each.program == program for line in each.text}
    assert printed
    assert sorted(printed - known) == []


def test_the_lines_for_our_own_configuration_are_those_of_the_guide() -> None:
    known = (DEPLOY / "config.toml").read_text(encoding="utf-8").splitlines()
    printed = {
        line for each in lines_of_repairs() if each.program == repairs.CONFIG for line in each.text
    }
    assert printed
    assert printed <= set(known)


def test_the_configuration_of_the_guide_is_accepted() -> None:
    config = parse_config((DEPLOY / "config.toml").read_text(encoding="utf-8"), {})
    assert config.server.bind == "unix:/run/fedi/fedi.sock"


def test_proxy_unit_and_configuration_of_the_guide_name_the_same_socket() -> None:
    config = tomllib.loads((DEPLOY / "config.toml").read_text(encoding="utf-8"))
    place = config["server"]["bind"].removeprefix("unix:")
    assert f"unix:{place};" in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert f"unix/{place}\n" in (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert "RuntimeDirectory=fedi" in (DEPLOY / "fedi.service").read_text(encoding="utf-8")


HARDENING = (
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "MemoryDenyWriteExecute=yes",
    "SystemCallFilter=@system-service",
    "LimitCORE=0",
    "UMask=0077",
)


@pytest.mark.parametrize("line", HARDENING)
def test_the_unit_gives_no_more_than_is_needed(line: str) -> None:
    assert line in (DEPLOY / "fedi.service").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", ["MemoryMax=", "TasksMax=", "RestrictAddressFamilies="])
def test_the_unit_bounds(name: str) -> None:
    assert name in (DEPLOY / "fedi.service").read_text(encoding="utf-8")


def test_a_finding_travels_as_plain_values() -> None:
    assert Finding.__struct_fields__ == ("check", "verdict", "key", "values", "lines")
