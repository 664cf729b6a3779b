"""The pass of a run: whoever does not know the token of a run under way finds nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedi.doctor.pass_file import ALIVE, NAME, is_announced, remove_pass, write_pass

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)


def test_an_announced_token_is_known(tmp_path: Path) -> None:
    write_pass(tmp_path, "secret-token", NOW)
    assert is_announced(tmp_path, "secret-token", NOW)


def test_another_token_is_not_known(tmp_path: Path) -> None:
    write_pass(tmp_path, "secret-token", NOW)
    assert not is_announced(tmp_path, "secret-tokem", NOW)


def test_a_token_dies_after_a_minute(tmp_path: Path) -> None:
    write_pass(tmp_path, "secret-token", NOW)
    assert not is_announced(tmp_path, "secret-token", NOW + ALIVE)


def test_writing_again_begins_a_new_minute(tmp_path: Path) -> None:
    write_pass(tmp_path, "secret-token", NOW)
    write_pass(tmp_path, "secret-token", NOW + timedelta(seconds=50))
    assert is_announced(tmp_path, "secret-token", NOW + timedelta(seconds=100))


def test_a_removed_pass_opens_nothing(tmp_path: Path) -> None:
    write_pass(tmp_path, "secret-token", NOW)
    remove_pass(tmp_path)
    assert not is_announced(tmp_path, "secret-token", NOW)


def test_only_this_user_may_read_the_pass(tmp_path: Path) -> None:
    write_pass(tmp_path, "secret-token", NOW)
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_a_pass_open_to_others_is_none(tmp_path: Path) -> None:
    write_pass(tmp_path, "secret-token", NOW)
    (tmp_path / NAME).chmod(0o644)
    assert not is_announced(tmp_path, "secret-token", NOW)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"secret-token",
        b"secret-token ",
        b"secret-token soon",
        b"secret-token -1",
        f"secret-token {MS + 3_600_000}".encode(),
        b"secret-token 99999999999999999999999999",
        b"\xff\xfe\x00",
        b" " * 10_000,
        "secret-token ١٢٣".encode(),
    ],
)
def test_what_we_did_not_write_opens_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    (tmp_path / NAME).chmod(0o600)
    assert not is_announced(tmp_path, "secret-token", NOW)


def test_an_empty_token_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(f" {MS + 1000}".encode())
    (tmp_path / NAME).chmod(0o600)
    assert not is_announced(tmp_path, "", NOW)
