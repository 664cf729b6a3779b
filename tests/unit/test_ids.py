"""Numbers of rows: rising in one process, apart between several."""

from datetime import UTC, datetime, timedelta

import pytest

import fedi.ids
from fedi.ids import ahead_of, go_ahead, new_row_id, rise_above

NOW = datetime(2026, 3, 1, tzinfo=UTC)
AHEAD = (int(NOW.timestamp()) + 3600) * 1000 << 20


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fedi.ids, "_row_last", 0)
    monkeypatch.setattr(fedi.ids, "_row_ahead_ms", 0)


def drawn(above: int, count: int) -> list[int]:
    """What a process draws that begins when this is the newest row."""
    fedi.ids._row_last = 0
    rise_above(above)
    return [new_row_id(NOW) for _ in range(count)]


@pytest.mark.parametrize("above", [0, AHEAD], ids=["the clock is right", "the clock was ahead"])
def test_rows_rise_and_are_above_what_was_there(above: int) -> None:
    rows = drawn(above, 5_000)
    assert rows == sorted(set(rows))
    assert rows[0] > above
    assert rows[-1] < 1 << 63


def test_processes_that_begin_above_the_same_row_draw_others() -> None:
    one, another = set(drawn(AHEAD, 2_000)), set(drawn(AHEAD, 2_000))
    # as far as chance goes: each pair meets once in four thousand
    assert len(one & another) < 20


def test_processes_that_go_ahead_together_number_in_the_order_of_time() -> None:
    """One has numbered much and the other nothing yet: who is asked later draws higher all the same."""
    go_ahead(ahead_of(NOW, AHEAD))
    busy = drawn(AHEAD, 1_000)
    fedi.ids._row_last = 0
    rise_above(AHEAD)
    assert new_row_id(NOW + timedelta(seconds=1)) > busy[-1]
