"""What a process with `failing_sync` before it does: for each number, a database whose n-th sync fails while rows are
written and checkpoints are made; what was answered; the files as they were then. Tells it as JSON."""

import asyncio
import ctypes
import json
import shutil
import sys
from pathlib import Path

from fedi.db.sqlite import open_sqlite
from fedi.errors import Unavailable

ROWS = 14
shim = ctypes.CDLL(None)


async def one(folder: Path, number: int, how_many: int) -> dict[str, object]:
    folder.mkdir(parents=True)
    file = folder / "db"
    database = await open_sqlite(file)
    answered, refused = [], 0
    try:
        await database.write(lambda tx: tx.run("CREATE TABLE t (number INTEGER, words TEXT)"))
        shim.arm(number, how_many)
        for row in range(ROWS):
            try:
                await database.write(
                    lambda tx, row=row: tx.run("INSERT INTO t VALUES (?, ?)", row, "x" * 700)
                )
                answered.append(row)
            except Unavailable:
                refused += 1
            if row % 5 == 4:
                try:
                    await database.empty_journal()
                except Unavailable:
                    refused += 1
        calls = shim.calls()
        shim.arm(-1, 0)
        # as whoever kills the process now would leave them
        copy = folder / "copy"
        copy.mkdir()
        for each in ("db", "db-wal"):
            shutil.copy(folder / each, copy / each)
    finally:
        shim.arm(-1, 0)
        await database.close()
    return {"folder": str(folder), "answered": answered, "refused": refused, "calls": calls}


async def main(folder: Path, most: int) -> None:
    done = [
        await one(folder / f"{number}-{how_many}", number, how_many)
        for number in range(1, most + 1)
        for how_many in (1, 3)
    ]
    print(json.dumps(done))  # noqa: T201


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
