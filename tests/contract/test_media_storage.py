"""What every storage of media promises. A new storage joins STORAGES and has to pass."""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from fedi.config import Config, parse_config
from fedi.errors import Invalid, NotFound, Unavailable
from fedi.media.places import MEDIA, SEEN, open_place
from fedi.media.storage import FolderStorage, MediaStorage, media_type_of
from tests.harness import objects

KEY = "0123456789abcdefghjkmnpqrs.jpg"
OTHER = "0123456789abcdefghjkmnpqrs-small.webp"


@contextmanager
def a_folder(root: Path) -> Iterator[Config]:
    yield parse_config(f'[storage]\nfolder = "{root}"', {})


@contextmanager
def a_bucket(root: Path) -> Iterator[Config]:
    with objects.place(root) as place:
        yield parse_config(f'[storage]\nfolder = "{root}"\n{place.settings()}', {})


STORAGES: dict[str, Callable[[Path], AbstractContextManager[Config]]] = {
    "folder": a_folder,
    "bucket": a_bucket,
}


@pytest.fixture(params=STORAGES)
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Config]:
    """Settings that name the storage."""
    with STORAGES[request.param](tmp_path) as config:
        yield config


@pytest.fixture
def storage(config: Config) -> MediaStorage:
    return open_place(config, MEDIA)


def read(storage: MediaStorage, key: str) -> bytes:
    with storage.open(key) as file:
        return file.read()


def test_what_was_put_is_read_back(storage: MediaStorage) -> None:
    storage.put(KEY, b"picture", "image/jpeg")
    assert read(storage, KEY) == b"picture"


def test_a_second_put_replaces_the_first(storage: MediaStorage) -> None:
    storage.put(KEY, b"first, and longer", "image/jpeg")
    storage.put(KEY, b"second", "image/jpeg")
    assert read(storage, KEY) == b"second"
    assert storage.size() == 6


def test_a_reader_keeps_the_whole_old_file_while_it_is_replaced(storage: MediaStorage) -> None:
    storage.put(KEY, b"old", "image/jpeg")
    with storage.open(KEY) as file:
        storage.put(KEY, b"new", "image/jpeg")
        assert file.read() == b"old"


def test_what_is_absent_cannot_be_opened(storage: MediaStorage) -> None:
    with pytest.raises(NotFound):
        storage.open(KEY)


def test_existence_follows_put_and_delete(storage: MediaStorage) -> None:
    seen = [storage.exists(KEY)]
    storage.put(KEY, b"x", "image/jpeg")
    seen.append(storage.exists(KEY))
    storage.delete(KEY)
    seen.append(storage.exists(KEY))
    assert seen == [False, True, False]


def test_deleting_twice_is_harmless(storage: MediaStorage) -> None:
    storage.put(KEY, b"x", "image/jpeg")
    assert [storage.delete(KEY), storage.delete(KEY)] == [True, False]


def test_everything_kept_is_listed_with_its_length(storage: MediaStorage) -> None:
    storage.put(KEY, b"12345", "image/jpeg")
    storage.put(OTHER, b"123", "image/webp")
    assert {(stored.key, stored.content_bytes) for stored in storage.iterate()} == {
        (KEY, 5),
        (OTHER, 3),
    }
    assert storage.size() == 8


@pytest.mark.thorough
def test_more_than_a_store_lists_at_once_is_listed(storage: MediaStorage) -> None:
    keys = {f"{number:016}.jpg" for number in range(1001)}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: storage.put(key, b"1", "image/jpeg"), keys))
    assert {stored.key for stored in storage.iterate()} == keys


def test_what_is_as_old_as_asked_for_is_listed_and_nothing_younger(storage: MediaStorage) -> None:
    storage.put(KEY, b"12345", "image/jpeg")
    found = [[each.key for each in storage.iterate_older(age_s)] for age_s in (3600, -3600)]
    assert found == [[], [KEY]]
    assert storage.size() == 5


def test_the_same_is_told_from_the_other(storage: MediaStorage) -> None:
    storage.put(KEY, b"12345", "image/jpeg")
    assert storage.is_same(KEY, b"12345")
    assert not storage.is_same(KEY, b"12346")
    assert not storage.is_same(KEY, b"123456")
    assert not storage.is_same(OTHER, b"12345")


def test_a_large_file_arrives_whole(storage: MediaStorage) -> None:
    data = bytes(range(256)) * 4096 * 9
    storage.put(KEY, data, "image/jpeg")
    assert read(storage, KEY) == data


def test_two_places_of_one_storage_do_not_meet(config: Config) -> None:
    media, seen = (open_place(config, name) for name in (MEDIA, SEEN))
    media.put(KEY, b"1", "image/jpeg")
    seen.put(OTHER, b"12", "image/webp")
    assert [[each.key for each in place.iterate()] for place in (media, seen)] == [[KEY], [OTHER]]


def test_nothing_unfinished_is_left_of_what_was_finished(storage: MediaStorage) -> None:
    storage.put(KEY, b"12345", "image/jpeg")
    assert storage.remove_unfinished() == 0
    assert storage.exists(KEY)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "short.jpg",
        "../../../../etc/passwd",
        "/etc/passwd.jpg",
        "..%2f0123456789abcdef.jpg",
        "0123456789abcdef/0123456789abcdef.jpg",
        "0123456789abcdef\\x.jpg",
        "0123456789abcdef.jpg\n",
        "0123456789abcdef.jpg\x00.png",
        "0123456789abcdef.svg",
        "0123456789abcdef.html",
        "0123456789abcdef.jpg.php",
        "0123456789ABCDEF.jpg",
        "٠١٢٣٤٥٦٧٨٩٠١٢٣٤٥.jpg",
        ".0123456789abcdef.jpg",
        "0123456789abcdef-.jpg",
        "a" * 65 + ".jpg",
    ],
)
@pytest.mark.parametrize("verb", ["put", "open", "delete", "exists"])
def test_a_key_that_is_not_one_of_ours_is_refused(
    storage: MediaStorage, verb: str, key: str
) -> None:
    rest = (b"x", "image/jpeg") if verb == "put" else ()
    with pytest.raises(Invalid):
        getattr(storage, verb)(key, *rest)


@pytest.mark.parametrize("media_type", ["image/png", "text/html", "application/activity+json", ""])
def test_a_type_that_does_not_go_with_the_key_is_refused(
    storage: MediaStorage, media_type: str
) -> None:
    with pytest.raises(Invalid):
        storage.put(KEY, b"x", media_type)


def test_the_type_to_serve_comes_from_the_key_alone() -> None:
    assert [media_type_of(KEY), media_type_of(OTHER)] == ["image/jpeg", "image/webp"]


def test_many_writers_of_one_key_leave_one_whole_file(storage: MediaStorage) -> None:
    bodies = [bytes([letter]) * 50_000 for letter in b"abcdef"]
    threads = [
        threading.Thread(target=storage.put, args=(KEY, body, "image/jpeg")) for body in bodies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read(storage, KEY) in bodies
    assert [stored.key for stored in storage.iterate()] == [KEY]


# The folder alone: what only files can do wrong.


def only_file(root: Path) -> Path:
    return next(path for path in root.rglob("*") if path.is_file())


def test_files_and_folders_are_for_their_owner_only(tmp_path: Path) -> None:
    FolderStorage(tmp_path / "media").put(KEY, b"x", "image/jpeg")
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "media").rglob("*")}
    assert modes == {0o700, 0o600}


def test_a_planted_file_symlink_is_not_read(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "media")
    storage.put(KEY, b"x", "image/jpeg")
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    kept = only_file(tmp_path / "media")
    kept.unlink()
    kept.symlink_to(secret)
    with pytest.raises(NotFound):
        storage.open(KEY)
    assert list(storage.iterate()) == []


def test_a_planted_file_symlink_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "media")
    storage.put(KEY, b"x", "image/jpeg")
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    kept = only_file(tmp_path / "media")
    kept.unlink()
    kept.symlink_to(secret)
    storage.put(KEY, b"y", "image/jpeg")
    assert secret.read_bytes() == b"secret"
    assert kept.read_bytes() == b"y"


def test_a_planted_folder_symlink_is_not_entered(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "media")
    storage.put(KEY, b"x", "image/jpeg")
    outer = only_file(tmp_path / "media").parent.parent
    outer.rename(tmp_path / "elsewhere")
    outer.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotFound):
        storage.open(KEY)
    assert list(storage.iterate()) == []


def test_a_full_disk_is_said_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = FolderStorage(tmp_path / "media")
    storage.put(KEY, b"old", "image/jpeg")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(Unavailable):
            storage.put(KEY, b"new", "image/jpeg")
    assert [path.read_bytes() for path in (tmp_path / "media").rglob("*") if path.is_file()] == [
        b"old"
    ]


def test_what_a_crash_left_behind_is_removed_after_an_hour_and_nothing_else(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "media")
    storage.put(KEY, b"kept", "image/jpeg")
    folder = only_file(tmp_path / "media").parent
    fresh, stale = folder / ".part-fresh", folder / ".part-stale"
    fresh.touch()
    stale.touch()
    old = fresh.stat().st_mtime - 3700
    os.utime(stale, (old, old))
    os.utime(folder / KEY, (old, old))
    assert storage.remove_unfinished() == 1
    assert sorted(path.name for path in folder.iterdir()) == [".part-fresh", KEY]
