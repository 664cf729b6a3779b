"""`fedi init` and `fedi serve`: from nothing to a running instance, without a question."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click

from actors.births import check_username
from fedi.cli.output import handle, pairs, write_json
from fedi.cli.session import Session, session
from fedi.cli.speech import command, option, t
from fedi.config import Config, parse_config
from fedi.desk import collectives, people
from fedi.desk.collectives import AddOrder, Collective, NoOrder
from fedi.errors import Conflict, SetupError
from fedi.instance import Instance
from fedi.logs import set_up_logs
from fedi.opening import FolderInUse, has_instance, open_instance
from fedi.serving import end_when_memory_ends, serve_open_instance, work_open_instance

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
# option → section and setting of the configuration file
_SETTINGS = {
    "base_url": ("instance", "base_url"),
    "language": ("instance", "language"),
    "timezone": ("instance", "timezone"),
    "posture": ("instance", "posture"),
    "bind": ("server", "bind"),
    "folder": ("storage", "folder"),
}


@command("init")
@option("--username", default=collectives.FIRST_USERNAME, help="cli.opt.username")
@option("--name", default="", help="cli.opt.name")
@option("--summary", default="", help="cli.opt.about")
@option("--base-url", "base_url", help="cli.opt.base_url")
@option("--timezone", help="cli.opt.timezone")
@option("--posture", metavar="open|guarded|closed", help="cli.opt.posture")
@option("--bind", metavar="HOST:PORT", help="cli.opt.bind")
def init(
    username: str,
    name: str,
    summary: str,
    base_url: str | None,
    timezone: str | None,
    posture: str | None,
    bind: str | None,
) -> None:
    """Write the configuration, make the data folder, its keys and the first collective."""
    here = session()
    chosen = {
        "base_url": base_url,
        "language": here.wishes.language,
        "timezone": timezone,
        "posture": posture,
        "bind": bind,
        "folder": here.wishes.data,
    }
    username = check_username(username)
    path = here.config_path()
    config, text = _new_config(here, path, {key: each for key, each in chosen.items() if each})
    if has_instance(config):
        raise Conflict("cli.exists_already", folder=str(config.data_folder))
    if text is not None:
        _write_new(path, text)
    try:
        order = AddOrder(username=username, name=name, summary=summary)
        made, welcome = here.run(lambda: _initialised(config, order))
    except BaseException:
        if text is not None:
            path.unlink(missing_ok=True)
        raise
    if here.as_json:
        write_json(
            {
                "config": str(path.absolute()) if path.exists() else None,
                "data": str(config.data_folder),
                "base_url": config.instance.base_url,
                "collective": made,
                "welcome": welcome,
            }
        )
        return
    for line in [
        *_introduction(config, made),
        "",
        t("cli.init.next"),
        f"  {_called(here)}{_same(here)} serve",
        "",
        t("cli.serve.welcome", fedi=_called(session())),
        f"  {handle(welcome)}",
    ]:
        click.echo(line)
    _warn(config)


@command("serve")
@option("--bind", metavar="HOST:PORT", help="cli.opt.bind")
@option("--no-jobs", is_flag=True, help="cli.opt.no_jobs")
def serve(bind: str | None, no_jobs: bool) -> None:
    """Serve until told to stop; the first time, make everything that is needed."""
    here = session()
    config = here.load()
    if bind is not None:
        environment = here.environment() | {"FEDI_SERVER_BIND": bind}
        path = here.config_path()
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        config = parse_config(text, environment, path)
    set_up_logs("debug" if here.wishes.debug else config.log.level, config.log.format)
    here.run(lambda: _serve_beside_workers(here, config) if no_jobs else _serve(here, config))


@command("work")
def work() -> None:
    """Do the work of servers that run with --no-jobs: deliver, act on what came in, tidy, until told to stop."""
    here = session()
    config = here.load()
    set_up_logs("debug" if here.wishes.debug else config.log.level, config.log.format)
    here.run(lambda: _work(here, config))


async def _serve_beside_workers(here: Session, config: Config) -> None:
    stop = asyncio.Event()
    _stop_on_signals(stop)
    end_when_memory_ends()
    async with _shared(config, wants_duty=False) as instance:
        ready = _announcer(here, config, None, "")
        await serve_open_instance(instance, stop=stop, on_ready=ready, jobs=False)


async def _work(here: Session, config: Config) -> None:
    stop = asyncio.Event()
    _stop_on_signals(stop)
    end_when_memory_ends()

    def ready() -> None:
        if here.as_json:
            write_json({"working": True, "base_url": config.instance.base_url})
            return
        for line in _introduction(config, None):
            click.echo(line)
        click.echo(t("cli.work.ready"))

    async with _shared(config, wants_duty=True) as instance:
        await work_open_instance(instance, stop=stop, on_ready=ready)


@asynccontextmanager
async def _shared(config: Config, *, wants_duty: bool) -> AsyncIterator[Instance]:
    try:
        async with open_instance(config, is_shared=True, wants_duty=wants_duty) as instance:
            yield instance
    except FolderInUse as problem:
        raise FolderInUse("desk.folder_in_use", folder=str(config.data_folder)) from problem


async def _serve(here: Session, config: Config) -> None:
    stop = asyncio.Event()
    _stop_on_signals(stop)
    end_when_memory_ends()
    try:
        async with open_instance(config) as instance:
            first = await collectives.add_first(instance)
            # told once: later starts may write to a log that many read
            url = (await people.welcome(instance, NoOrder())).url if first is not None else ""
            ready = _announcer(here, config, first, url)
            await serve_open_instance(instance, stop=stop, on_ready=ready)
    except FolderInUse as problem:
        raise FolderInUse("desk.folder_in_use", folder=str(config.data_folder)) from problem


def _announcer(
    here: Session, config: Config, first: Collective | None, welcome: str
) -> Callable[[str], None]:
    def announce(address: str) -> None:
        if here.as_json:
            told = {"listening": address, "base_url": config.instance.base_url, "made": first}
            write_json(told | ({"welcome": welcome} if welcome else {}))
            return
        for line in _introduction(config, first):
            click.echo(line)
        click.echo(t("cli.serve.ready", address=handle(address)))
        if welcome:
            click.echo("\n" + t("cli.serve.welcome", fedi=_called(session())))
            click.echo(f"  {handle(welcome)}")
        if first is not None:
            click.echo("\n" + t("cli.serve.publish"))
            for line in _first_commands(here):
                click.echo(f"  {line}")
            click.echo("")
            _warn(config)

    return announce


def _stop_on_signals(stop: asyncio.Event) -> None:
    """The first signal stops gently, the second at once. A terminal that is closed is one, unless somebody said nohup."""

    def told() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(each) is not signal.SIG_IGN:
            loop.add_signal_handler(each, told)


async def _initialised(config: Config, order: AddOrder) -> tuple[Collective, str]:
    async with open_instance(config) as instance:
        made = await collectives.add(instance, order)
        return made, (await people.welcome(instance, NoOrder())).url


def _new_config(here: Session, path: Path, chosen: dict[str, str]) -> tuple[Config, str | None]:
    """The settings and the text of a new file, None when a file is there or nothing was chosen.

    Raises SetupError for a wrong value, before anything is written.
    """
    if path.exists():
        given = [key for key in chosen if key not in ("language", "folder")]
        if given:
            raise Conflict("cli.config_exists", path=str(path))
        return here.load(), None
    text = _render(chosen)
    if not path.parent.is_dir():
        raise SetupError("cli.no_folder", folder=str(path.parent))
    return parse_config(text, here.environment(), path), text if chosen else None


def _render(chosen: dict[str, str]) -> str:
    """TOML with only what was chosen."""
    sections: dict[str, list[str]] = {}
    for key, value in chosen.items():
        section, setting = _SETTINGS[key]
        if key == "folder":
            value = str(Path(value).absolute())
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        sections.setdefault(section, []).append(f'{setting} = "{escaped}"')
    return "\n\n".join(
        "\n".join([f"[{section}]", *lines]) for section, lines in sections.items()
    ) + ("\n" if sections else "")


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        raise SetupError("cli.config_unwritable", path=str(path)) from problem


def _introduction(config: Config, made: Collective | None) -> list[str]:
    rows = [
        (t("cli.label.address"), handle(config.instance.base_url)),
        (t("cli.label.data"), str(config.data_folder)),
    ]
    if made is not None:
        rows.insert(1, (t("cli.label.collective"), f"{made.name} {handle(made.handle)}"))
    return pairs(rows)


def _first_commands(here: Session) -> list[str]:
    fedi = _called(here) + _same(here)
    return [
        f'echo "{t("cli.example.text")}" | {fedi} publish statement --title "{t("cli.example.title")}"',
        f"{fedi} timeline",
        f"{fedi} queue status",
    ]


def _called(here: Session) -> str:
    """What whoever started us typed before the command."""
    return here.wishes.environment.get("FEDI_CALLED_AS", "fedi")


def _same(here: Session) -> str:
    """The options with which another command reaches the same instance."""
    options = [("--config", here.wishes.config), ("--data", here.wishes.data)]
    return "".join(f" {name} {_quoted(value)}" for name, value in options if value)


def _quoted(text: str) -> str:
    return text if text.replace("/", "").replace(".", "").replace("-", "").isalnum() else repr(text)


def _warn(config: Config) -> None:
    click.echo(t("cli.warn.fixed", address=handle(config.instance.base_url)), err=True)
    if urlsplit(config.instance.base_url).hostname in _LOCAL_NAMES:
        click.echo(t("cli.warn.localhost", fedi=_called(session())), err=True)
