"""What changed, word by word: nothing is lost on either side, however long the texts are."""

from hypothesis import given
from hypothesis import strategies as st

from fedi.text.changes import Piece, changes_between

WORDS = st.lists(st.sampled_from(["ماء", "water", "\n", " ", "eau,", "1", "\u2028"]), max_size=60)


@given(WORDS, WORDS)
def test_both_texts_can_be_read_out_of_what_changed(before: list[str], after: list[str]) -> None:
    old, new = "".join(before), "".join(after)
    pieces = changes_between(old, new)
    assert "".join(each.text for each in pieces if each.kind != "new") == old
    assert "".join(each.text for each in pieces if each.kind != "gone") == new


def test_only_the_word_that_changed_is_marked() -> None:
    assert changes_between("نلتقي يوم الإثنين هنا", "نلتقي يوم الثلاثاء هنا") == (
        Piece("same", "نلتقي يوم "),
        Piece("gone", "الإثنين"),
        Piece("new", "الثلاثاء"),
        Piece("same", " هنا"),
    )


def test_very_long_texts_are_compared_as_wholes() -> None:
    old, new = "a\n" * 5_000, "b\n" * 5_000
    assert [each.kind for each in changes_between(old, new)] == ["gone", "new"]
