"""Different spellings of one word → one spelling, letter by letter, for comparing and never for showing.

Arabic: alef and hamza forms, alef maqsura, vowel marks, tatweel, digits. Latin: case and accents.
"""

import unicodedata
from typing import Final

_TATWEEL: Final = "\u0640"
_JOINERS: Final = "\u200c\u200d\u200e\u200f\u061c\u00ad\u2060\ufeff"
_SAME: Final = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ٲ": "ا", "ٳ": "ا",
        "ؤ": "و", "ئ": "ي", "ى": "ي", "ی": "ي", "ے": "ي",
        "ک": "ك", "گ": "ك", "ھ": "ه", "ہ": "ه", "ە": "ه", "ۀ": "ه",
        "ß": "ss", "ø": "o", "œ": "oe", "æ": "ae", "đ": "d", "ł": "l", "ı": "i",
        **dict.fromkeys(_TATWEEL + _JOINERS),
    }
)  # fmt: skip


def fold_letters(text: str) -> str:
    """Fold every letter of a text; ta marbuta stays, because a stemmer must still see it."""
    if text.isascii():
        return text.lower()
    composed = unicodedata.normalize("NFKC", text).casefold().translate(_SAME)
    folded: list[str] = []
    for char in unicodedata.normalize("NFKD", composed):
        kind = unicodedata.category(char)
        if kind == "Nd":
            folded.append(str(unicodedata.decimal(char)))
        elif kind != "Mn":
            folded.append(char)
    # without its mark a letter may be one of another spelling: ۂ is ہ, ǽ is æ
    return unicodedata.normalize("NFC", "".join(folded)).translate(_SAME)
