"""`fedi backup` and `fedi restore`: one file with everything, and the way back."""

import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from fedi.backup import envelope, shelf
from fedi.backup.archive import About
from fedi.backup.checking import check
from fedi.backup.making import Made, Wish, make_aside
from fedi.backup.restoring import Order, Restored, restore
from fedi.cli.output import give, handle, moment, pairs, table, write_json
from fedi.cli.session import Session, session
from fedi.cli.speech import command, live_in, option, speaker, t
from fedi.clock import SystemClock, from_ms, to_ms
from fedi.desk.backups import NoteOrder, RecipientOrder, Recipients
from fedi.desk.collectives import NoOrder
from fedi.desk.control import Desk
from fedi.desk.order import Result
from fedi.errors import Conflict, Invalid, NotFound
from fedi.media.places import MEDIA, open_place

LIST: Final = "list"
_MEGA: Final = 1024 * 1024
_IDENTITY = option(
    "--identity", "identity", default="", metavar="FILE|-", help="cli.opt.backup_identity"
)


class Contents(Result, frozen=True, kw_only=True):
    """What a backup holds."""

    base_url: str
    made_at: datetime
    publications: int
    followers: int
    pictures: int
    missing: int


class BackedUp(Result, frozen=True, kw_only=True):
    """`identity`: the secret key, the only time that it is told; empty unless it was made just now."""

    file: str
    size_bytes: int
    encrypted: bool
    contents: Contents
    identity: str = ""


class Checked(Result, frozen=True, kw_only=True):
    """A backup that restores."""

    file: str
    contents: Contents


class OnShelf(Result, frozen=True, kw_only=True):
    """One backup in the folder."""

    file: str
    made_at: datetime
    size_bytes: int
    encrypted: bool


class Shelf(Result, frozen=True, kw_only=True):
    """The backups of this instance, newest first."""

    folder: str
    backups: list[OnShelf]


class Begun(Result, frozen=True, kw_only=True):
    """What stands again, and what ended with it."""

    folder: str
    config: str
    wrote_config: bool
    contents: Contents
    sessions_ended: int
    links_ended: int
    deliveries_put_aside: int
    drafts_stopped: int


@command("backup")
@click.argument("folder", metavar="[FOLDER|list]", default="", required=False)
@option("--check", "to_check", default="", metavar="FILE", help="cli.opt.backup_check")
@_IDENTITY
@option("--new-key", is_flag=True, help="cli.opt.backup_new_key")
@option("--plaintext", is_flag=True, help="cli.opt.backup_plaintext")
def backup(folder: str, to_check: str, identity: str, new_key: bool, plaintext: bool) -> None:
    """Write everything into one file."""
    here = session()
    if to_check:
        _check(here, Path(to_check), _identities(identity))
    elif folder == LIST:
        _list(here)
    else:
        _make(here, folder, new_key=new_key, plaintext=plaintext)


@command("restore")
@click.argument("file", metavar="FILE")
@_IDENTITY
@option("--resend", is_flag=True, help="cli.opt.restore_resend")
def restore_command(file: str, identity: str, resend: bool) -> None:
    """Start again from a backup, in an empty folder."""
    here = session()
    path = Path(file)
    order = Order(
        file=path,
        identities=_identities(identity),
        config_file=here.config_path(),
        environment=here.environment(),
        resend=resend,
    )
    with _bar(here, "backup.bar.reading") as bar:
        restored = restore(order, SystemClock(), bar.of(_size(path)))
    live_in(restored.config.instance.timezone)
    _tell_restored(here, restored)


def _make(here: Session, named: str, *, new_key: bool, plaintext: bool) -> None:
    folder = Path(named).absolute() if named else None

    async def work(desk: Desk) -> tuple[Made, str]:
        recipients, identity = await _keys(here, desk, new_key=new_key, plaintext=plaintext)
        config, now = desk.config, SystemClock().now()
        wish = Wish(
            data=config.data_folder,
            folder=folder or config.backup_folder,
            base_url=config.instance.base_url,
            recipients=recipients,
            config_file=config.path,
            now=now,
            database=config.database,
            pictures=open_place(config, MEDIA),
        )
        with _bar(here, "backup.bar.writing") as bar:
            made = await make_aside(wish, bar.show)
        await desk.call("backup.note", NoteOrder(made_at_ms=to_ms(now), file=str(made.file)))
        if folder is None:
            shelf.prune(config.backup_folder, config.instance.base_url, config.backup.keep)
        return made, identity

    made, identity = here.at_desk(work)
    result = BackedUp(
        file=str(made.file),
        size_bytes=made.size_bytes,
        encrypted=not plaintext,
        contents=_contents(made.about, made.about.media),
        identity=identity if here.as_json else "",
    )
    done = t("backup.done", file=str(made.file), size=_megabytes(made.size_bytes))
    give(result, [done, *_told(result.contents)], as_json=here.as_json)
    if made.about.missing:
        _note(speaker().plural("backup.missing_pictures", made.about.missing))
    config = here.load()
    if made.file.stat().st_dev == config.data_folder.stat().st_dev:
        _note(t("backup.same_disk"))


async def _keys(
    here: Session, desk: Desk, *, new_key: bool, plaintext: bool
) -> tuple[Sequence[str], str]:
    """For whom to close it, and the secret key if one had to be made."""
    if plaintext:
        _note(t("backup.plaintext_warning"))
        return (), ""
    known = await desk.call("backup.recipients", NoOrder())
    assert isinstance(known, Recipients)
    if known.recipients and not new_key:
        return known.recipients, ""
    if desk.config.backup.recipients:
        raise Conflict("backup.key_in_config")
    # what is printed into a log or a mail is not a secret any more
    if not new_key and not sys.stdout.isatty():
        raise Invalid("backup.no_key")
    identity, recipient = envelope.new_identity()
    if not here.as_json:
        for line in ("", t("backup.key.made"), "", f"    {identity}", "", t("backup.key.keep"), ""):
            click.echo(line)
        sys.stdout.flush()
    # it was shown first: a key that nobody saw would close backups for ever
    await desk.call("backup.key", RecipientOrder(recipient=recipient))
    return (recipient,), identity


def _check(here: Session, file: Path, identities: Sequence[str]) -> None:
    config = here.load()
    live_in(config.instance.timezone)
    data = config.data_folder
    folder = data if data.is_dir() else Path(tempfile.gettempdir())
    with _bar(here, "backup.bar.reading") as bar:
        proof = check(file, identities, folder, bar.of(_size(file)))
    contents = _contents(proof.about, len(proof.pictures))
    lines = [t("backup.sound", file=str(file)), *_told(contents)]
    give(Checked(file=str(file), contents=contents), lines, as_json=here.as_json)


def _list(here: Session) -> None:
    config = here.load()
    live_in(config.instance.timezone)
    found = shelf.list_kept(config.backup_folder, config.instance.base_url)
    result = Shelf(
        folder=str(config.backup_folder),
        backups=[
            OnShelf(
                file=str(each.file),
                made_at=each.made_at,
                size_bytes=each.size_bytes,
                encrypted=each.is_sealed,
            )
            for each in found
        ],
    )
    rows = [
        (
            moment(each.made_at),
            t("backup.size", size=_megabytes(each.size_bytes)),
            "" if each.encrypted else t("backup.unencrypted"),
            each.file,
        )
        for each in result.backups
    ]
    lines = table(rows) or [t("backup.none_in_folder", folder=result.folder)]
    give(result, lines, as_json=here.as_json)


def _tell_restored(here: Session, restored: Restored) -> None:
    ended = restored.ended
    result = Begun(
        folder=str(restored.config.data_folder),
        config=str(restored.config.path or ""),
        wrote_config=restored.wrote_config,
        contents=_contents(restored.about, restored.about.media),
        sessions_ended=ended.sessions,
        links_ended=ended.secrets,
        deliveries_put_aside=ended.put_aside,
        drafts_stopped=ended.drafts,
    )
    if here.as_json:
        write_json(result)
        return
    lines = [t("backup.restored", folder=result.folder), *_told(result.contents)]
    if result.wrote_config:
        lines.append(t("backup.restored_config", file=result.config))
    lines.append(t("backup.restored_ended"))
    if result.deliveries_put_aside:
        lines.append(speaker().plural("backup.put_aside", result.deliveries_put_aside))
    if result.drafts_stopped:
        lines.append(speaker().plural("backup.drafts_stopped", result.drafts_stopped))
    lines += ["", t("backup.restored_next")]
    for line in lines:
        click.echo(line)


def _identities(named: str) -> Sequence[str]:
    """The secret keys in a file, or typed. Raises NotFound, Invalid."""
    if not named:
        return ()
    try:
        if named == "-":
            text = sys.stdin.read(envelope.IDENTITY_FILE_MAX)
        else:
            with Path(named).open(encoding="utf-8") as file:
                text = file.read(envelope.IDENTITY_FILE_MAX)
    except (OSError, UnicodeDecodeError) as problem:
        raise NotFound("backup.no_file", file=named) from problem
    return envelope.read_identities(text)


def _contents(about: About, pictures: int) -> Contents:
    return Contents(
        base_url=about.base_url,
        made_at=from_ms(about.made_at_ms),
        publications=about.publications,
        followers=about.followers,
        pictures=pictures,
        missing=about.missing,
    )


def _told(contents: Contents) -> list[str]:
    number = speaker().number
    return pairs(
        [
            (t("cli.label.address"), handle(contents.base_url)),
            (t("backup.label.made_at"), moment(contents.made_at)),
            (t("backup.label.publications"), number(contents.publications)),
            (t("backup.label.followers"), number(contents.followers)),
            (t("backup.label.pictures"), number(contents.pictures)),
        ]
    )


class _Bar:
    """How much of how much, for who waits at a terminal."""

    def __init__(self, label: str, *, is_shown: bool) -> None:
        self._label = label
        self._is_shown = is_shown
        self._bar: click._termui_impl.ProgressBar[int] | None = None

    def show(self, done: int, of: int) -> None:
        if not self._is_shown or not of:
            return
        if self._bar is None:
            self._bar = click.progressbar(length=of, label=self._label, file=sys.stderr)
        self._bar.update(min(done, of) - self._bar.pos)

    def of(self, whole: int) -> Callable[[int], None]:
        """For who hears of each piece."""
        done = 0

        def count(size: int) -> None:
            nonlocal done
            done += size
            self.show(done, whole)

        return count

    def end(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()


@contextmanager
def _bar(here: Session, label: str) -> Iterator[_Bar]:
    bar = _Bar(t(label), is_shown=not here.as_json and sys.stderr.isatty())
    try:
        yield bar
    finally:
        bar.end()


def _size(file: Path) -> int:
    with contextlib.suppress(OSError):
        return file.stat().st_size
    return 0


def _note(message: str) -> None:
    click.echo(t("cli.notice", message=message), err=True)


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / _MEGA:.1f}"
