"""The only door to httpsig: its signing string and its signer come out, its verifier never does.

httpsig 1.3.0 imports `pkg_resources`, which current setuptools no longer has, only to learn its own version. It finds
a stand-in while it is imported, which is when the first of the two is wanted: it brings a cryptography of its own that
takes a tenth of a second to load and that we do not use. `HeaderVerifier` takes the algorithm from the sender, who can then sign with our
*public* key as an HMAC secret: see docs/adr/0003-signatures.md.
"""

import sys
from threading import Lock
from types import ModuleType
from typing import Any

_ABSENT: Any = object()


class _DistributionNotFound(Exception):
    """What httpsig expects when nobody knows its version."""


def _get_distribution(name: str) -> Any:
    raise _DistributionNotFound(name)


def _import_httpsig() -> tuple[ModuleType, ModuleType]:
    stand_in: Any = ModuleType("pkg_resources")
    stand_in.get_distribution = _get_distribution
    stand_in.DistributionNotFound = _DistributionNotFound
    before = sys.modules.get("pkg_resources", _ABSENT)
    sys.modules["pkg_resources"] = stand_in
    try:
        # Here and not at the top: it can only be imported while the stand-in is in place, and it takes long.
        import httpsig.sign  # noqa: PLC0415
        import httpsig.utils  # noqa: PLC0415
    finally:
        if before is _ABSENT:
            del sys.modules["pkg_resources"]
        else:
            sys.modules["pkg_resources"] = before
    return httpsig.sign, httpsig.utils


_importing = Lock()  # two threads would take each other's stand-in for what was there before

HeaderSigner: Any
generate_message: Any


def __getattr__(name: str) -> Any:
    """`HeaderSigner` or `generate_message`, asked for the first time; from then on they are ordinary names here."""
    if name not in {"HeaderSigner", "generate_message"}:
        raise AttributeError(name)
    with _importing:
        sign, utils = _import_httpsig()
    globals().update(HeaderSigner=sign.HeaderSigner, generate_message=utils.generate_message)
    return globals()[name]
