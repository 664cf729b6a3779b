"""What may be done in one place only, and what may not be done at all."""

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator

import pytest

from inbox.handlers import BY_ACTIVITY, HANDLERS
from tests.house.source import PACKAGES, ROOT, calls, imports_of, modules

TEMPLATES = sorted((ROOT / "fedi").rglob("*.html"))


def calls_of(*names: str) -> Iterator[str]:
    """path:line of every call whose written name ends with one of `names`."""
    for written, place in calls():
        if any(written == name or written.endswith(f".{name}") for name in names):
            yield place


def files_of(places: Iterator[str]) -> set[str]:
    return {place.partition(":")[0] for place in places}


# what is called → the only files that may
ONE_PLACE = {
    "the clock": (
        ("datetime.now", "datetime.utcnow", "date.today", "time.time"),
        {"fedi/clock.py"},
    ),
    "who spoke": (("Sender",), {"inbox/authenticate.py"}),
    "the tables": (("sqlite3.connect", "aiosqlite.connect"), {"fedi/db/sqlite.py"}),
}


@pytest.mark.parametrize("what", ONE_PLACE)
def test_it_is_done_in_one_place(what: str) -> None:
    names, places = ONE_PLACE[what]
    assert files_of(calls_of(*names)) <= places


def test_one_mouth_speaks_to_other_servers() -> None:
    clients = {"aiohttp", "http.client", "urllib.request", "httpx", "httpx2", "requests", "urllib3"}
    speakers = {
        module.path
        for module in modules()
        for name in imports_of(module)
        if any(name == client or name.startswith(client + ".") for client in clients)
    }
    assert speakers == set()
    parsers = {m.path for m in modules() for n in imports_of(m) if n.split(".")[0] == "httptools"}
    assert parsers == {"fedi/http/answer.py", "fedi/http/door.py"}
    through = {
        m.path for m in modules() for n in imports_of(m) if n.split(".")[0] == "python_socks"
    }
    assert through == {"fedi/http/socks.py"}


def test_every_way_out_of_the_running_program_is_opened_in_one_place() -> None:
    """So that none forgets the proxy (S56, S94). Three instances that show themselves on loopback have their own."""
    transports = files_of(calls_of("PooledTransport"))
    assert transports == {"fedi/http/way_out.py", "fedi/demonstration.py"}
    resolvers = files_of(calls_of("getaddrinfo", "gethostbyname", "getnameinfo", "getfqdn"))
    assert resolvers == {"fedi/http/names.py", "fedi/doctor/names.py"}
    connections = files_of(calls_of("open_connection", "create_connection", "sock_connect"))
    assert connections == {
        "fedi/http/pool.py",
        "fedi/http/socks.py",
        "fedi/doctor/names.py",
        "fedi/doctor/certificate.py",
    }


def test_chance_comes_from_the_room_of_ids_keys_and_secrets() -> None:
    """`random` is predictable, so it may spread retries and nothing else."""
    importers = {
        m.path for m in modules() for name in imports_of(m) if name.split(".")[0] == "random"
    }
    assert importers <= {"outbox/retry.py", "outbox/deliver.py"}


@pytest.mark.parametrize(
    "name", ["eval", "exec", "pickle.loads", "pickle.load", "marshal.loads", "os.system", "yaml.load", "__import__"]
)  # fmt: skip
def test_no_text_becomes_code(name: str) -> None:
    assert list(calls_of(name)) == []


def test_programs_are_started_only_to_read_pictures() -> None:
    importers = {
        m.path for m in modules() for n in imports_of(m) if n.split(".")[0] == "subprocess"
    }
    starters = files_of(calls_of("create_subprocess_exec", "create_subprocess_shell", "os.execve"))
    assert importers | starters <= {"fedi/media/intake.py"}


def test_html_passes_the_escaping_through_one_door() -> None:
    doors = {
        module.path for module in modules() if re.search(r"def __html__|\bMarkup\(", module.text)
    }
    assert doors <= {"fedi/web/sanitised.py"}


def test_templates_never_switch_the_escaping_off() -> None:
    switched = re.compile(r"\|\s*safe\b|autoescape\s+false")
    assert [t.name for t in TEMPLATES if switched.search(t.read_text(encoding="utf-8"))] == []


def test_pages_hold_no_script_and_no_style_of_their_own() -> None:
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*[\"']|\sstyle\s*=|javascript:", re.IGNORECASE
    )
    assert [t.name for t in TEMPLATES if inline.search(t.read_text(encoding="utf-8"))] == []


def test_every_module_opens_with_what_it_is() -> None:
    assert [m.path for m in modules() if not ast.get_docstring(m.tree)] == []


def test_names_say_something() -> None:
    empty = {
        "utils",
        "util",
        "helpers",
        "helper",
        "common",
        "misc",
        "manager",
        "service",
        "services",
        "data",
        "info",
    }
    assert [m.path for m in modules() if m.name.rpartition(".")[2] in empty] == []


def test_every_handler_file_is_in_the_table() -> None:
    listed = {id(handler) for handler in HANDLERS}
    files = sorted((ROOT / "inbox" / "handlers").glob("*.py"))
    unlisted = [
        file.name
        for file in files
        if file.stem != "__init__"
        and id(importlib.import_module(f"inbox.handlers.{file.stem}").HANDLER) not in listed
    ]
    assert files
    assert unlisted == []


def test_no_two_handlers_want_the_same_activity() -> None:
    wanted = [name for handler in HANDLERS for name in handler.activities]
    assert len(wanted) == len(BY_ACTIVITY)


def test_edges_alone_wait() -> None:
    """Functions that get a Reader or a Unit are synchronous: nothing waits inside a transaction."""
    waiting = [
        f"{module.path}:{node.lineno}"
        for module in modules()
        for node in module.nodes
        if isinstance(node, ast.AsyncFunctionDef)
        and node.args.args
        and node.args.args[0].annotation is not None
        and ast.unparse(node.args.args[0].annotation) in {"Reader", "Writer", "Unit"}
    ]
    assert waiting == []


# What changes a list, a set or a mapping in place.
IN_PLACE = frozenset(
    [
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "remove",
        "setdefault",
        "update",
    ]
)


def is_unit(node: ast.AST) -> bool:
    arguments = node.args.args if isinstance(node, ast.FunctionDef | ast.Lambda) else []
    return bool(arguments) and arguments[0].arg in {"rx", "tx", "unit"}


def names_set_in(node: ast.AST) -> set[str]:
    found = {
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    return found | {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}


def changed_in_place(node: ast.AST) -> str | None:
    """The name of what a step changes in place."""
    changed: ast.AST | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        changed = node.func.value if node.func.attr in IN_PLACE else None
    elif isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
        changed = node.value
    return changed.id if isinstance(changed, ast.Name) else None


def test_a_unit_leaves_nothing_behind_but_what_it_returns() -> None:
    """It may run again before it counts: whatever it put beside itself would be there twice."""
    found = []
    for module in modules():
        for outer in module.nodes:
            if not isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            units = [each for each in ast.walk(outer) if each is not outer and is_unit(each)]
            around = names_set_in(outer) if units else set()
            for unit in units:
                beside = around - names_set_in(unit)
                found += [
                    f"{module.path}:{getattr(step, 'lineno', 0)}"
                    for step in ast.walk(unit)
                    if isinstance(step, ast.Nonlocal) or changed_in_place(step) in beside
                ]
    assert found == []


def test_the_packages_we_check_are_the_ones_that_are_shipped() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = set(settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    found = {file.parent.name for file in ROOT.glob("*/__init__.py")} - {"benchmarks", "tests"}
    assert shipped == found == set(PACKAGES)


def test_no_test_measures_time() -> None:
    """A machine may be busy: what a test allows is counted in work (`tests/harness/work.py`), speed is for benchmarks/.

    One looks at a clock to know how long it keeps a flood going.
    """
    clocks = {"perf_counter", "monotonic", "process_time", "thread_time", "time"}
    # whoever asks has one of these in the text; only those files are read as trees
    suspicious = re.compile(r"\btime\s*\.|\bfrom\s+time\b")
    found = set()
    for path in sorted((ROOT / "tests").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if suspicious.search(text) else ():
            is_imported = isinstance(node, ast.ImportFrom) and node.module == "time"
            is_asked = (
                isinstance(node, ast.Attribute)
                and ast.unparse(node.value) == "time"
                and node.attr.removesuffix("_ns") in clocks
            )
            if is_imported or is_asked:
                found.add(path.name)
    assert found == {"test_flood.py"}
