"""Where the documents of other servers lie, outside the project; tests skip, saying so, when they are absent."""

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"
FIXTURES = SHARED / "interop" / "fixtures"
VECTORS = SHARED / "vectors"
SEEDS = SHARED / "seeds"


def need(path: Path) -> Path:
    """`path`, or a skip that names it."""
    if not path.exists():
        pytest.skip(f"{path} is not here: documents of other servers are kept outside the project")
    return path


def fixture(name: str) -> Any:
    """One document as another server wrote it."""
    return json.loads(need(FIXTURES / name).read_bytes())


def innermost(document: dict[str, Any]) -> dict[str, Any]:
    """The object that an activity, or an activity about an activity, carries."""
    while isinstance(document.get("object"), dict):
        document = document["object"]
    return document
