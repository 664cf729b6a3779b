"""A QR code as the path of a drawing: black squares on white, drawn by the page itself. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """`size`: squares on a side, with the margin that readers need; `path`: the black ones."""

    size: int
    path: str


def code_of(text: str) -> Code:
    """The QR code that says this."""
    # Here and not at the top: a server that starts draws nothing yet.
    import segno  # noqa: PLC0415

    margin = 4
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
    squares = [
        f"M{x + margin} {y + margin}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, is_black in enumerate(row)
        if is_black
    ]
    return Code(len(rows) + 2 * margin, "".join(squares))
