"""COMMANDS: what of this room can be asked at the desk, by name: the form of the order, of the answer, and who does it."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fedi.desk.order import Order, Result
from fedi.doctor.inspect import inspect
from fedi.doctor.inspected import Inspected, InspectOrder
from fedi.instance import Instance

Entry = tuple[type[Order], type[Result], Callable[[Instance, Any], Awaitable[Result]]]

COMMANDS: Final[dict[str, Entry]] = {"inspect": (InspectOrder, Inspected, inspect)}
