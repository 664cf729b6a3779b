"""The verdicts that are counted at an inbox are those that the code can give."""

import ast
import re

from fedi.i18n.catalog import messages_of
from inbox.verdicts import REFUSED, TAKEN
from tests.house.source import modules

# Where a request is judged before it is kept.
DOORS = re.compile(
    r"inbox/(receive|authenticate|policy|hints|relayed|limits)\.py|fedi/signatures/.*|"
    r"fedi/vocab/(strict|activity)\.py|fedi/http/rates\.py"
)
ROOTS = re.compile(r"(activity|error|json|key|signature)\.[a-z_]+")


def words_of(path: str) -> set[str]:
    return {
        node.value
        for module in modules()
        if re.fullmatch(path, module.path)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_key_of_a_refusal_at_the_door_is_on_the_list() -> None:
    known = messages_of("en").keys()
    keys = {word for word in words_of(DOORS.pattern) if ROOTS.fullmatch(word) and word in known}
    assert len(keys) > 20
    assert keys - REFUSED == set()


def test_every_verdict_on_the_list_is_given_somewhere() -> None:
    assert (TAKEN | REFUSED) - words_of("(inbox|fedi|actors)/(?!verdicts).*") == set()
    said = words_of(r"inbox/(receive|hints|relayed)\.py")
    assert said >= TAKEN
