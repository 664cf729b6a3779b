"""What passes through the socket of the desk: strict on the way in, whole on the way out."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi.desk.letters import (
    Refused,
    read_answer,
    read_question,
    refusal_of,
    write_error,
    write_question,
    write_result,
)
from fedi.desk.order import Done, Unfit
from fedi.desk.table import COMMANDS
from fedi.desk.wishes import Picture, PublishOrder, Words
from fedi.errors import Invalid, NotFound
from fedi.publications.contract import Problem
from tests.harness.chance import examples


def test_an_order_arrives_as_it_was_given() -> None:
    order = PublishOrder(
        kind="note",
        words=(Words(language="ar", source="سلام\nعليكم"),),
        pictures=(Picture(content=b"\x00\xff\n", alt="x"),),
    )
    assert read_question(write_question("publish", order)) == ("publish", order)


def test_a_question_is_one_line() -> None:
    order = PublishOrder(kind="note", words=(Words(source="one\ntwo\r\nthree"),))
    assert write_question("publish", order).count(b"\n") == 1


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"null\n",
        b"[]\n",
        b'{"command": "delete"}\n',
        b'{"command": 1, "order": {}}\n',
        b'{"command": "delete", "order": {}}\n',
        b'{"command": "delete", "order": {"which": 5}}\n',
        b'{"command": "delete", "order": {"which": "x", "more": 1}}\n',
        b'{"command": "delete", "order": {"which": "x"}, "more": 1}\n',
        b'{"command": "rm -rf", "order": {}}\n',
        b'{"command": "delete", "order": {"which": "\xff"}}\n',
        b'{"command": "publish", "order": {"kind": "note", "pictures": [{"content": "not base64!"}]}}\n',
        b'{"command": "delete", "order": ' + b"[" * 100_000 + b"\n",
    ],
)
def test_a_malformed_question_is_refused(line: bytes) -> None:
    with pytest.raises(Invalid):
        read_question(line)


@examples(150)
@given(st.binary(max_size=200), st.sampled_from(sorted(COMMANDS)))
def test_any_bytes_are_a_question_or_refused(noise: bytes, command: str) -> None:
    for line in (noise, b'{"command": "%s", "order": %s}' % (command.encode(), noise)):
        try:
            read_question(line)
        except Invalid:
            continue


def test_every_mistake_arrives_with_field_and_values() -> None:
    sent = Unfit(
        [Problem("starts_at", "desk.moment_far", {"text": "9999"}), Problem("name", "x.y")]
    )
    with pytest.raises(Refused) as received:
        read_answer(write_error(sent), "publish")
    assert refusal_of(received.value) == refusal_of(sent)


def test_an_error_keeps_its_status() -> None:
    with pytest.raises(Refused) as received:
        read_answer(write_error(NotFound("desk.unknown_actor", who="@a@b.test")), "follow")
    refusal = received.value.refusal
    assert (refusal.status, refusal.key, refusal.values) == (
        404, "desk.unknown_actor", {"who": "@a@b.test"},
    )  # fmt: skip


def test_a_result_arrives_as_it_was_given() -> None:
    assert read_answer(write_result(Done(changed=False)), "delete") == Done(changed=False)


@pytest.mark.parametrize(
    "line",
    [
        b"", b"{}\n", b"nonsense\n", b'{"result": 5}\n', b"\xff\n", b'{"result": ' + b"[" * 100_000,
        b'{"error": {"key": "x", "status": 400, "values": {"a": ' + b"[" * 100_000,
    ],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_refused(line: bytes) -> None:
    with pytest.raises(Invalid):
        read_answer(line, "delete")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_a_form_that_can_be_described(name: str) -> None:
    command = COMMANDS[name]
    assert msgspec.json.schema(command.order)
    assert msgspec.json.schema(command.result)
