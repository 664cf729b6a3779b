"""S17, S66, S120, S123, S124: what can be read off the code itself."""

import ast
import re
from pathlib import Path

from tests.house.source import modules

ROOT = Path(__file__).parents[2]
# Rooms where a check decides whom we believe or what we show: nothing there may vanish with `python -O`.
DECIDING = (
    "fedi/signatures/", "fedi/http/", "fedi/faces/", "fedi/canonical.py", "fedi/vocab/strict.py", "inbox/",
    "actors/keys.py", "actors/refresh.py", "fedi/publications/visibility.py", "fedi/text/html.py",
)  # fmt: skip


def test_no_assertion_decides() -> None:
    """Only what a type checker needs: that something is there, or of a type."""
    narrowing = re.compile(r"^(\w+(\.\w+)* is not None|isinstance\(.*\))$")
    deciding = [
        f"{module.path}:{node.lineno} {ast.unparse(node.test)}"
        for module in modules()
        if module.path.startswith(DECIDING)
        for node in module.nodes
        if isinstance(node, ast.Assert) and not narrowing.match(ast.unparse(node.test))
    ]
    assert deciding == []


def test_secrets_are_not_compared_with_equals() -> None:
    """A name that says secret, token, digest or mac beside == is a comparison that tells time."""
    secret = re.compile(
        r"(?<!\w)(?:\w*(?:token|secret|digest|hmac|password)\w*)\b(?!\()", re.IGNORECASE
    )
    found = [
        f"{module.path}:{node.lineno} {ast.unparse(node)}"
        for module in modules()
        if module.path.startswith(("fedi/", "inbox/", "actors/"))
        for node in module.nodes
        if isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Eq | ast.NotEq)
        and secret.fullmatch(ast.unparse(node.left))
        and not isinstance(node.comparators[0], ast.Constant)
    ]
    # the digest of followers (FEP-8fcf) is public
    assert [each for each in found if "follower" not in each and "synchronise" not in each] == []


def test_the_name_under_which_we_ask_has_no_version_and_no_person() -> None:
    from fedi.opening import user_agent
    from fedi.urls import Urls

    assert user_agent(Urls.of("https://agora.test")) == "Mujawara (+https://agora.test/about)"
