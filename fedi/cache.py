"""Rendered documents in memory, by the address that asks for them; forgotten the moment what they are about changes."""

import hashlib
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

BYTES_MAX = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rendered:
    """Bytes ready to be sent. `about`: the id of what they show. `headers` are complete, `etag` is among them."""

    about: str
    body: bytes
    etag: bytes
    headers: tuple[tuple[bytes, bytes], ...]

    def with_headers(self, *more: tuple[bytes, bytes]) -> "Rendered":
        """The same with further headers."""
        return replace(self, headers=(*self.headers, *more))


def etag_of(body: bytes) -> bytes:
    """A strong entity tag of these bytes."""
    return b'"' + hashlib.blake2b(body, digest_size=12).hexdigest().encode() + b'"'


class DocumentCache:
    """The least recently used leave first. `generation` lets a slow reader notice that something changed meanwhile.

    `at_door` and `from_memory`: how many answers were taken from here, there or by the application; `rendered`: how many
    had to be made.
    """

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._entries: OrderedDict[bytes, Rendered] = OrderedDict()
        self._keys_about: defaultdict[str, set[bytes]] = defaultdict(set)
        self.generation = 0
        self._is_kept = True
        self.at_door = self.from_memory = self.rendered = 0

    @property
    def size_bytes(self) -> int:
        """What is kept, without its headers."""
        return self._bytes

    @property
    def entries(self) -> int:
        """How many documents are kept."""
        return len(self._entries)

    def find(self, key: bytes) -> Rendered | None:
        """What was rendered for this key."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: bytes, entry: Rendered, generation: int) -> None:
        """Keep an entry, unless something was forgotten since `generation` was read."""
        self.rendered += 1
        if generation != self.generation or not self._is_kept:
            return
        self._drop(key)
        self._entries[key] = entry
        self._keys_about[entry.about].add(key)
        self._bytes += len(entry.body)
        while self._bytes > self._bytes_max:
            self._drop(next(iter(self._entries)))

    def forget(self, abouts: Iterable[str]) -> None:
        """These have changed."""
        self.generation += 1
        for about in abouts:
            for key in tuple(self._keys_about.get(about, ())):
                self._drop(key)

    def forget_all(self) -> None:
        """Anything may have changed."""
        self.generation += 1
        self._entries.clear()
        self._keys_about.clear()
        self._bytes = 0

    def end(self) -> None:
        """What others change is not heard here: nothing is kept until `begin`."""
        self.forget_all()
        self._is_kept = False

    def begin(self) -> None:
        """From now on it is heard."""
        self.forget_all()
        self._is_kept = True

    @property
    def is_kept(self) -> bool:
        """Whether anything is remembered at all."""
        return self._is_kept

    def _drop(self, key: bytes) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self._bytes -= len(entry.body)
        keys = self._keys_about[entry.about]
        keys.discard(key)
        if not keys:
            del self._keys_about[entry.about]
