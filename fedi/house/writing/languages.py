"""The languages offered for a text, each by its own name. Any other can be named by its tag. Pure."""

from typing import Final

from fedi.vocab.read import language_tag

OFFERED: Final = (
    ("ar", "العربية"),
    ("fr", "Français"),
    ("en", "English"),
    ("es", "Español"),
    ("aeb", "تونسي"),
    ("am", "አማርኛ"),
    ("ary", "الدارجة"),
    ("arz", "مصري"),
    ("ca", "Català"),
    ("ckb", "کوردیی ناوەندی"),
    ("de", "Deutsch"),
    ("el", "Ελληνικά"),
    ("eu", "Euskara"),
    ("fa", "فارسی"),
    ("he", "עברית"),
    ("it", "Italiano"),
    ("kab", "Taqbaylit"),
    ("ku", "Kurdî"),
    ("nl", "Nederlands"),
    ("pt", "Português"),
    ("ru", "Русский"),
    ("so", "Soomaali"),
    ("sw", "Kiswahili"),
    ("ti", "ትግርኛ"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("ur", "اردو"),
    ("zgh", "ⵜⴰⵎⴰⵣⵉⵖⵜ"),
    ("zh", "中文"),
)
_NAMES: Final = dict(OFFERED)


def name_of(tag: str) -> str:
    """What a language calls itself, else its tag."""
    return _NAMES.get(tag) or _NAMES.get(tag.partition("-")[0]) or tag


def tag_of(text: str) -> str | None:
    """The tag somebody chose or typed, None when it is none."""
    tag = language_tag(text.strip()) if text.strip() else None
    return None if tag in (None, "und") else tag
