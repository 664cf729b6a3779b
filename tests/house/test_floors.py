"""Who may import whom: the floors of pyproject.toml hold, everybody lives on one, and nothing goes round in circles."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.house.source import PACKAGES, ROOT, Module, imports_of, modules

# Files that only open a package; they import nothing, so every floor may hold them.
EMPTY = {"fedi", "fedi.media"}


def floors() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    return [room for layer in layers for room in re.findall(r"[a-z0-9_.]+", layer)]


def own_imports(module: Module) -> set[str]:
    """The modules of ours that a module imports, by full name."""
    known = {each.name for each in modules()}
    found = set()
    for name in imports_of(module):
        if name.split(".")[0] in PACKAGES:
            found.add(name if name in known else name.rpartition(".")[0])
    return found & known - {module.name}


def a_circle(edges: dict[str, set[str]]) -> list[str]:
    """Some modules that import each other in a circle, or none."""
    left = {name: set(targets) for name, targets in edges.items()}
    while free := [name for name, targets in left.items() if not targets & left.keys()]:
        for name in free:
            del left[name]
    if not left:
        return []
    walk = [next(iter(left))]
    while True:
        step = next(target for target in left[walk[-1]] if target in left)
        if step in walk:
            return [*walk[walk.index(step) :], step]
        walk.append(step)


def test_imports_go_downwards_only() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_module_lives_on_a_floor() -> None:
    rooms = floors()
    homeless = [
        module.name
        for module in modules()
        if module.name not in EMPTY
        and not any(module.name == room or module.name.startswith(room + ".") for room in rooms)
    ]
    assert homeless == [], "name their room in the layers of pyproject.toml"


def test_no_module_imports_itself_through_others() -> None:
    assert a_circle({module.name: own_imports(module) for module in modules()}) == []


def test_a_circle_would_be_found() -> None:
    edges = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set[str]()}
    assert sorted(set(a_circle(edges))) == ["a", "b", "c"]


def test_packages_open_with_words_only() -> None:
    talkative = [
        module.path
        for module in modules()
        if module.path.endswith("/__init__.py")
        and module.path != "inbox/handlers/__init__.py"
        and len(module.tree.body) > 1
    ]
    assert talkative == []
