"""What passes through the socket of the desk: one line of JSON each way. Pure."""

from typing import Final

import msgspec

from fedi.desk.order import Order, Result
from fedi.desk.refusal import Refusal, Refused, refusal_of
from fedi.desk.table import COMMANDS
from fedi.errors import FediError, Invalid

LINE_BYTES_MAX: Final = 32 * 1024 * 1024


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command by name, and its order."""

    command: str
    order: msgspec.Raw


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A result or an error. `result` is empty when there is none."""

    result: msgspec.Raw = msgspec.Raw(b"")
    error: Refusal | None = None


_questions: Final = msgspec.json.Decoder(Question)
_answers: Final = msgspec.json.Decoder(Answer)


def write_question(command: str, order: Order) -> bytes:
    """The line that asks. Raises Invalid when it holds text that is no Unicode."""
    try:
        return msgspec.json.encode({"command": command, "order": order}) + b"\n"
    except UnicodeEncodeError as problem:
        raise Invalid("desk.not_text") from problem


def read_question(line: bytes) -> tuple[str, Order]:
    """Command and order. Raises Invalid for anything malformed and for commands that do not exist."""
    try:
        question = _questions.decode(line)
        command = COMMANDS.get(question.command)
        if command is None:
            raise Invalid("desk.no_command", name=question.command[:60])
        return question.command, msgspec.json.decode(question.order, type=command.order)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise Invalid("desk.order_form", detail="malformed") from problem


def write_result(result: Result) -> bytes:
    """The line that answers."""
    return msgspec.json.encode({"result": result}) + b"\n"


def write_error(problem: FediError) -> bytes:
    """The line that refuses."""
    return msgspec.json.encode({"error": refusal_of(problem)}) + b"\n"


def read_answer(line: bytes, command: str) -> Result:
    """The result. Raises Refused with what went wrong, Invalid when the answer makes no sense."""
    try:
        answer = _answers.decode(line)
        if answer.error is not None:
            raise Refused(answer.error)
        if not bytes(answer.result):
            raise Invalid("desk.answer_form")
        return msgspec.json.decode(answer.result, type=COMMANDS[command].result)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise Invalid("desk.answer_form") from problem
