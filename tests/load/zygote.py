"""Starts a real server again and again without loading the program again: each line on stdin forks one.

Prints `pid N`, then `ready` when it listens, then `dead` when it has ended.
"""

import asyncio
import os
import sys
from pathlib import Path

from fedi.config import load_config
from fedi.serving import serve_instance


async def _serve(file: Path) -> None:
    def on_ready(_address: str) -> None:
        os.write(1, b"ready\n")

    await serve_instance(load_config(file, {}), stop=asyncio.Event(), on_ready=on_ready)


def main() -> None:
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            asyncio.run(_serve(Path(sys.argv[1])))
            os._exit(0)
        os.write(1, f"pid {pid}\n".encode())
        os.waitpid(pid, 0)
        os.write(1, b"dead\n")


if __name__ == "__main__":
    main()
