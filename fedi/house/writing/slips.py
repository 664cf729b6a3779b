"""A form that came → what was typed, and what its buttons do to it before it is saved. Pure.

Nothing is refused here for being wrong: a draft may hold anything, within bounds.
"""

from dataclasses import replace
from typing import Final

from fedi.desk.written import FIELDS
from fedi.house.focal import focal_of
from fedi.house.forms import Form
from fedi.house.writing.languages import tag_of
from fedi.publications.drafts import KeptFile, Typed, Written
from fedi.vocab.read import LANGUAGES_MAX

FIELD_MAX: Final = 2_000
TITLE_MAX: Final = 2_000
ABSTRACT_MAX: Final = 10_000
ALT_MAX: Final = 4_000
FILES_MAX: Final = 24


def written_in(form: Form, kind: str, before: Written) -> Written:
    """What the form says. `before`: what the draft held, for translations that were put aside."""
    tags = list(dict.fromkeys(tag for each in form.all("languages") if (tag := tag_of(each))))
    texts = [_typed(form, tag) for tag in tags[:LANGUAGES_MAX]]
    original = form.get("original")
    texts.sort(key=lambda each: each.language != original)
    fields = {
        name: value[:FIELD_MAX]
        for name in FIELDS[kind]
        if (value := form.get(name).replace("\x00", ""))
    }
    keys = dict.fromkeys(form.all("files"))
    return Written(
        texts=tuple(texts),
        aside=before.aside,
        fields=fields,
        files=tuple(_file(form, key) for key in list(keys)[:FILES_MAX]),
    )


def after_button(written: Written, act: str, form: Form) -> Written:
    """What a button of the form makes of it: a language more or less, a picture moved or taken out."""
    verb, _, what = act.partition(".")
    if verb == "add":
        tag = tag_of(form.get("other_language")) or tag_of(form.get("add_language"))
        return _with_language(written, tag) if tag else written
    if verb == "drop":
        return _without_language(written, what)
    if verb == "remove":
        return replace(written, files=tuple(each for each in written.files if each.key != what))
    if verb == "first":
        files = sorted(written.files, key=lambda each: each.key != what)
        return replace(written, files=tuple(files))
    return written


def _typed(form: Form, tag: str) -> Typed:
    def said(name: str, most: int) -> str:
        return form.get(f"{name}.{tag}")[:most].replace("\x00", "")

    return Typed(tag, said("title", TITLE_MAX), said("text", 10**6), said("abstract", ABSTRACT_MAX))


def _file(form: Form, key: str) -> KeptFile:
    alt = form.get(f"alt.{key}")[:ALT_MAX].replace("\x00", "")
    return KeptFile(key[:100], alt, focal_of(form.get(f"focal.{key}")))


def _with_language(written: Written, tag: str) -> Written:
    """A language more; what was written in it before comes back."""
    if any(each.language == tag for each in written.texts) or len(written.texts) >= LANGUAGES_MAX:
        return written
    back = next((each for each in written.aside if each.language == tag), Typed(tag))
    return replace(
        written,
        texts=(*written.texts, back),
        aside=tuple(each for each in written.aside if each.language != tag),
    )


def _without_language(written: Written, tag: str) -> Written:
    """A language less, kept aside; the last one stays."""
    gone = tuple(each for each in written.texts if each.language == tag)
    if not gone or len(written.texts) == 1:
        return written
    others = tuple(each for each in written.aside if each.language != tag)
    return replace(
        written,
        texts=tuple(each for each in written.texts if each.language != tag),
        aside=(*others, *(each for each in gone if each))[-LANGUAGES_MAX:],
    )
