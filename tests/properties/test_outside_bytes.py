"""Every reader of bytes from outside keeps its promise, whatever comes: honest inputs cut, glued and changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS
from tests.harness.chance import examples
from tests.harness.work import calls_of

# Far above what any of them needs for the little it gets here; a reader that explodes needs a thousand times as many.
CALLS_MAX = 1_000_000

odd = st.sampled_from(
    [b"\x00", b"\xff", b"\xed\xa0\x80", b"\r\n", b'"', b"\\", b"{", b"[", b"]", b":", b",", b"=", b"%00", b"<", b">", b"&", b"/",
     b"@", b"#", b"-", b"9" * 40, b"1e999", b"\\ud800", "\u202e".encode(), "İ".encode(), "ك".encode(), b" " * 30, b"null", b"{}"]
)  # fmt: skip


@st.composite
def inputs(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """A seed with up to six places changed, or anything at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200) | st.text(max_size=80).map(lambda text: text.encode()))
    raw = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.integers(0, 12)))
        other = draw(st.sampled_from(seeds))
        piece = draw(
            odd | st.binary(max_size=6) | st.just(other[start:][:60]) | st.just(raw[start:end] * 3)
        )
        raw = raw[:start] + piece + raw[end:]
    return raw


@pytest.mark.parametrize("name", TARGETS)
@examples(60)
@given(data=st.data())
def test_whatever_comes_the_reader_keeps_its_promise(name: str, data: st.DataObject) -> None:
    raw = data.draw(inputs(TARGETS[name].seeds))
    calls_of(lambda: TARGETS[name].check(raw), most=CALLS_MAX)


@pytest.mark.parametrize("name", TARGETS)
def test_what_it_starts_from_is_read(name: str) -> None:
    for seed in TARGETS[name].seeds:
        TARGETS[name].check(seed)
