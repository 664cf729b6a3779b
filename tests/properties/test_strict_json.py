"""Hostile bytes never become a document: strict reading against a table, and against Python's own parser."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi.errors import Invalid
from fedi.vocab.strict import check_no_moved_meaning, dump, parse_document
from tests.harness.chance import examples

HOSTILE: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "json.syntax"),
    ("half", b'{"a":', "json.syntax"),
    ("trailing bytes", b"{} {}", "json.syntax"),
    ("trailing nul", b"{}\x00", "json.syntax"),
    ("trailing comma", b'{"a":1,}', "json.syntax"),
    ("comment", b"{/* */}", "json.syntax"),
    ("single quotes", b"{'a':1}", "json.syntax"),
    ("raw newline in string", b'{"a":"\n"}', "json.syntax"),
    ("NaN", b'{"a":NaN}', "json.syntax"),
    ("Infinity", b'{"a":Infinity}', "json.syntax"),
    ("minus Infinity", b'{"a":-Infinity}', "json.syntax"),
    ("leading nought", b'{"a":01}', "json.syntax"),
    ("hexadecimal", b'{"a":0x10}', "json.syntax"),
    ("lone high surrogate", b'{"a":"\\ud800"}', "json.syntax"),
    ("lone low surrogate", b'{"a":"\\udc00 "}', "json.syntax"),
    ("swapped surrogates", b'{"a":"\\udc00\\ud800"}', "json.syntax"),
    ("surrogate in key", b'{"\\ud800x":1}', "json.syntax"),
    ("byte order mark", b"\xef\xbb\xbf{}", "json.encoding"),
    ("latin-1", b'{"a":"\xe9"}', "json.encoding"),
    ("encoded surrogate", b'{"a":"\xed\xa0\x80"}', "json.encoding"),
    ("overlong nul", b'{"a":"\xc0\x80"}', "json.encoding"),
    ("beyond Unicode", b'{"a":"\xf4\x90\x80\x80"}', "json.encoding"),
    ("UTF-16", '{"a":1}'.encode("utf-16"), "json.syntax"),
    ("UTF-32", '{"a":1}'.encode("utf-32-le"), "json.syntax"),
    ("1e400", b'{"a":1e400}', "json.number"),
    ("minus 1e400", b'{"a":-1e400}', "json.number"),
    ("1e300", b'{"a":1e300}', "json.number"),
    ("beyond 2**53", b'{"a":9007199254740993}', "json.number"),
    ("beyond -2**53", b'{"a":[-9007199254740993]}', "json.number"),
    ("beyond 2**64", b'{"a":18446744073709551617}', "json.number"),
    ("5000 digits", b'{"a":' + b"9" * 5000 + b"}", "json.number"),
    ("duplicate key", b'{"a":1,"a":2}', "json.duplicate_key"),
    ("duplicate of equal value", b'{"a":1,"a":1}', "json.duplicate_key"),
    ("duplicate deep down", b'{"a":[{"b":{"c":1,"c":2}}]}', "json.duplicate_key"),
    ("duplicate by escape", b'{"a":1,"\\u0061":2}', "json.duplicate_key"),
    ("duplicate with colons in strings", b'{"a:":":","a:":"::"}', "json.duplicate_key"),
    ("duplicate that hides an object", b'{"a":{"b":1,"c":2},"a":{}}', "json.duplicate_key"),
    ("duplicate behind backslashes", b'{"a":"\\\\\\"","a":"\\\\"}', "json.duplicate_key"),
    ("duplicate with escaped colons", b'{"a":"\\u003a\\u003a","a":1}', "json.duplicate_key"),
    ("duplicate empty key", b'{"":1,"":2}', "json.duplicate_key"),
    ("nul in string", b'{"a":"x\\u0000"}', "json.nul"),
    ("nul in key", b'{"x\\u0000":1}', "json.nul"),
    ("nul in list", b'{"a":[["\\u0000"]]}', "json.nul"),
    ("long key", b'{"' + b"k" * 257 + b'":1}', "json.key_length"),
    ("long key in bytes", '{{"{}":1}}'.format("ك" * 129).encode(), "json.key_length"),
    ("long string", b'{"a":"' + b"x" * (256 * 1024 + 1) + b'"}', "json.string_length"),
    ("long Arabic", '{{"a":"{}"}}'.format("ك" * (128 * 1024 + 1)).encode(), "json.string_length"),
    ("depth 33", b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", "json.depth"),
    ("depth 100000", b'{"a":' + b"[" * 19_000, "json.depth"),
    ("brackets only", b"[" * 500_000, "json.values"),
    ("20001 values", b'{"a":[' + b"1," * 20_000 + b"1]}", "json.values"),
    ("20000 empty objects", b'{"a":[' + b"{}," * 20_000 + b"{}]}", "json.values"),
    ("a list", b"[]", "json.not_object"),
    ("a text", b'"a"', "json.not_object"),
    ("a number", b"1", "json.not_object"),
    ("null", b"null", "json.not_object"),
]


@pytest.mark.parametrize(
    ("raw", "key"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE]
)
def test_hostile_bytes_are_refused_with_a_name(raw: bytes, key: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_document(raw)
    assert refusal.value.message_key == key


GENTLE: list[tuple[str, bytes]] = [
    ("empty", b"{}"),
    ("blanks around", b' \r\n\t{"a" : 1} \n'),
    ("escapes", b'{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041"}'),
    ("backslash before the end", b'{"a":"\\\\","b":"\\\\\\\\"}'),
    ("escaped quote and colon", b'{"a":"\\":\\"","b":{"c":"{[,:"}}'),
    ("escaped backslash before u0000", b'{"a":"\\\\u0000"}'),
    ("pair of surrogates", b'{"a":"\\ud83d\\udd4a"}'),
    ("raw emoji", '{"🕊":"🕊"}'.encode()),
    ("same key in two objects", b'{"a":{"x":1},"b":{"x":1},"x":[{"x":1},{"x":1}]}'),
    ("largest integer", b'{"a":9007199254740992,"b":-9007199254740992}'),
    ("floats", b'{"a":36.0,"b":-0.5,"c":1e3,"d":1E-7}'),
    ("depth 32", b'{"a":' + b"[" * 31 + b"]" * 31 + b"}"),
    ("20000 values", b'{"a":[' + b"1," * 19_997 + b"1]}"),
    ("longest string", b'{"a":"' + b"x" * (256 * 1024) + b'"}'),
    ("longest key", '{{"{}":1}}'.format("ك" * 128).encode()),
    ("true false null", b'{"a":true,"b":false,"c":null}'),
]


@pytest.mark.parametrize("raw", [row[1] for row in GENTLE], ids=[row[0] for row in GENTLE])
def test_what_is_within_the_limits_is_read_as_python_reads_it(raw: bytes) -> None:
    assert parse_document(raw) == json.loads(raw)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
plain = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(-1e15, 1e15, allow_nan=False)
    | texts
)
values: st.SearchStrategy[Any] = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)
documents = st.dictionaries(texts, values, max_size=6)


@examples(120)
@given(documents, st.booleans())
def test_any_document_survives_being_written_by_anyone(
    document: dict[str, Any], ascii_only: bool
) -> None:
    written = json.dumps(document, ensure_ascii=ascii_only).encode()
    assert parse_document(written) == document == parse_document(dump(document))


@examples(100)
@given(documents.filter(bool), values, st.data())
def test_a_key_that_comes_twice_is_always_noticed(
    document: dict[str, Any], value: Any, data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(document)))
    twice = dump(document)[:-1] + b"," + dump(key) + b":" + dump(value) + b"}"
    with pytest.raises(Invalid, match=r"json\.duplicate_key"):
        parse_document(twice)


@examples(250)
@given(st.binary(max_size=60) | st.text('{}[]":,\\u0a1-.eE ', max_size=60).map(str.encode))
def test_any_bytes_are_an_object_or_invalid(raw: bytes) -> None:
    try:
        document = parse_document(raw)
    except Invalid as refusal:
        assert refusal.message_key.startswith("json.")  # noqa: PT017 - both ends are allowed
        return
    assert document == json.loads(raw)


@pytest.mark.parametrize("keyword", ["@graph", "@included", "@reverse"])
@pytest.mark.parametrize(
    "shape",
    ['{{"{0}":1}}', '{{"a":[{{"b":{{"{0}":[]}}}}]}}', '{{"@context":{{"x":{{"{0}":"y"}}}}}}'],
)
def test_a_keyword_that_moves_meaning_is_refused_at_any_level(keyword: str, shape: str) -> None:
    with pytest.raises(Invalid, match=r"json\.moved_meaning"):
        check_no_moved_meaning(parse_document(shape.format(keyword).encode()))


def test_floats_keep_their_decimal_point_and_arabic_its_letters() -> None:
    assert dump({"latitude": 36.0, "name": "جوار"}) == '{"latitude":36.0,"name":"جوار"}'.encode()
