"""Asking an instance of a test world for a page or a document, as nobody or as somebody who signs."""

from fedi.signatures.cavage import sign_cavage
from tests.harness.world import World
from tests.hostile.stranger import AS2, Heard, Person, send_raw

PAGE = "text/html"


async def ask(
    made: World, address: str, accept: str = AS2, person: Person | None = None, **headers: str
) -> Heard:
    """One GET. `headers`: more of them, with _ for -."""
    _, _, host, rest = address.split("/", 3)
    lines = {"host": host, "accept": accept}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    if person is not None:
        signed = sign_cavage("GET", address, None, person.key, made.clock.now())
        lines |= {name.lower(): value for name, value in signed.items()}
    return await send_raw(made, host, f"/{rest}", list(lines.items()), b"", "GET")
