"""`fedi secret rotate`: a new instance secret, for the day when somebody else may have seen the old one."""

from fedi.cli.output import give
from fedi.cli.session import session
from fedi.cli.speech import command, group, speaker, t
from fedi.desk.order import Result
from fedi.errors import Conflict
from fedi.opening import FolderInUse, exchange_secret


class Exchanged(Result, frozen=True, kw_only=True):
    """`codes_ended`: how many people's codes on paper are worth nothing any more."""

    codes_ended: int


@group("secret")
def secret() -> None:
    """The secret with which keys and the like are sealed."""


@command("rotate", "secret.rotate")
def rotate() -> None:
    """Seal everything with a new secret; the server must not run."""
    here = session()
    config = here.load()
    try:
        ended = here.run(lambda: exchange_secret(config))
    except FolderInUse as problem:
        raise Conflict("secret.in_use") from problem
    lines = [t("secret.rotated")]
    if ended:
        lines.append(speaker().plural("secret.codes_ended", ended))
    lines.append(t("secret.next"))
    give(Exchanged(codes_ended=ended), lines, as_json=here.as_json)


secret.add_command(rotate)
