"""Our own source, read as text and as trees: what the rules of the house are held against."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("actors", "fedi", "inbox", "outbox")
SQL_WORDS = re.compile(r"^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|REPLACE)\s")


@dataclass(frozen=True, slots=True)
class Module:
    """One file of ours. `path` is relative to the checkout, with slashes; `nodes` is everything in the tree."""

    name: str
    path: str
    text: str
    tree: ast.Module
    nodes: tuple[ast.AST, ...]


@lru_cache(maxsize=1)
def modules() -> tuple[Module, ...]:
    """Every Python file that is installed, in order of name."""
    return tuple(
        _read(file) for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))
    )


def _read(file: Path) -> Module:
    parts = file.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    # walked once: thirty rules look at every node
    return Module(name, file.relative_to(ROOT).as_posix(), text, tree, tuple(ast.walk(tree)))


def imports_of(module: Module) -> Iterator[str]:
    """Dotted names that a module imports, anywhere in it; `from a import b` gives `a.b`."""
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@lru_cache(maxsize=1)
def calls() -> tuple[tuple[str, str], ...]:
    """The written name of whatever is called, and where (`path:line`)."""
    return tuple(
        (ast.unparse(node.func), f"{module.path}:{node.lineno}")
        for module in modules()
        for node in module.nodes
        if isinstance(node, ast.Call)
    )


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL text in the code; `{expression}` stands where an f-string puts a value in.

    `constant`: the name it is given at the top of its module, where nothing from outside can enter it.
    """

    path: str
    line: int
    text: str
    node: ast.Constant | ast.JoinedStr
    function: ast.FunctionDef | ast.AsyncFunctionDef | None
    constant: str | None

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


def statements(module: Module) -> Iterator[Statement]:
    """Every text of a module that is an SQL statement."""
    for node in module.tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.AnnAssign):
            target = node.target
        yield from _below(module, node, None, target.id if isinstance(target, ast.Name) else None)


def _below(
    module: Module,
    node: ast.AST,
    function: ast.FunctionDef | ast.AsyncFunctionDef | None,
    constant: str | None,
) -> Iterator[Statement]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        function = node
    for child in ast.iter_child_nodes(node):
        text = written_text(child)
        if text is None:
            yield from _below(module, child, function, constant)
        elif SQL_WORDS.match(text):
            assert isinstance(child, ast.Constant | ast.JoinedStr)
            yield Statement(module.path, child.lineno, text, child, function, constant)


def written_text(node: ast.AST) -> str | None:
    """The text of a literal, with its inserted expressions in braces; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value)
            if isinstance(part, ast.Constant)
            else "{" + ast.unparse(_value(part)) + "}"
            for part in node.values
        )
    return None


def _value(part: ast.expr) -> ast.expr:
    assert isinstance(part, ast.FormattedValue)
    return part.value
