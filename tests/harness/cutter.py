"""A way to a PostgreSQL that breaks: what the server says reaches us up to a byte, then the line is dead.

A cable that is pulled, a server that is killed in the middle of a word: which byte was the last does not depend on chance here.
"""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

NAME = ".s.PGSQL.5432"
NEVER = 1 << 60


@dataclass(slots=True)
class Cutter:
    """`left`: how many more bytes of what the server says pass. `last_words` come after them, then the line is dead, and so
    is each of the next ones at its first word, `times` all together."""

    last_words: bytes = b""
    left: int = NEVER
    times: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cut_after(self, size: int, times: int = 1) -> None:
        """From now on."""
        with self._lock:
            self.left, self.times = size, times

    def mend(self) -> None:
        """Everything passes."""
        with self._lock:
            self.left = NEVER

    def let_pass(self, said: bytes) -> tuple[bytes, bool]:
        """What of it reaches us, and whether the line is dead then."""
        with self._lock:
            passed = said[: self.left]
            self.left -= len(passed)
            if self.left:
                return passed, False
            self.times -= 1
            self.left = 0 if self.times else NEVER
            return passed + self.last_words, True


@contextmanager
def cutter(url: str) -> Iterator[tuple[Cutter, str]]:
    """The cutter and the url that leads through it, for a url of `Cluster.database`."""
    front, _, folder = url.rpartition("?host=")
    made = Cutter()
    with TemporaryDirectory(prefix="fedi-cut-") as here, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(Path(here) / NAME))
        listener.listen()
        target = str(Path(folder) / NAME)
        threading.Thread(target=_accept, args=(listener, target, made), daemon=True).start()
        try:
            yield made, f"{front}?host={here}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, target: str, cut: Cutter) -> None:
    with suppress(OSError):
        while True:
            ours, _ = listener.accept()
            threading.Thread(target=_carry, args=(ours, target, cut), daemon=True).start()


def _carry(ours: socket.socket, target: str, cut: Cutter) -> None:
    with ours, socket.socket(socket.AF_UNIX) as theirs, suppress(OSError):
        theirs.connect(target)
        while True:
            for each in select.select([ours, theirs], [], [])[0]:
                said = each.recv(65536)
                if not said:
                    return
                if each is ours:
                    theirs.sendall(said)
                    continue
                passed, is_dead = cut.let_pass(said)
                ours.sendall(passed)
                if is_dead:
                    return
