"""Keys in memory: parsing a stored private key costs a hundred times a signature, so each is parsed once."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field

from fedi.signatures.keys import PublicKey, SigningKey

PUBLIC_MAX = 20_000
FAILED_MAX = 20_000


@dataclass(slots=True)
class Keyring:
    """`signing`: our keys by key id. `current`: which of them an actor signs with, by actor and kind. Public keys of others by
    key id, and key ids that lately could not be had. `generation` lets a slow reader notice that a key changed meanwhile."""

    secret: bytes
    signing: dict[str, SigningKey] = field(default_factory=dict)
    current: dict[tuple[str, str], str] = field(default_factory=dict)
    generation: int = 0
    _is_kept: bool = True
    _public: "OrderedDict[str, PublicKey]" = field(default_factory=OrderedDict)
    _failed: "OrderedDict[str, float]" = field(default_factory=OrderedDict)

    def recall(self, key_id: str) -> PublicKey | None:
        """The public key with this id, if it was seen lately."""
        key = self._public.get(key_id)
        if key is not None:
            self._public.move_to_end(key_id)
        return key

    def remember(self, key: PublicKey, generation: int) -> None:
        """Keep a key that was looked up after `generation` was read, unless some key changed since."""
        self._failed.pop(key.key_id, None)
        if generation != self.generation or not self._is_kept:
            return
        self._public[key.key_id] = key
        if len(self._public) > PUBLIC_MAX:
            self._public.popitem(last=False)

    def remember_current(self, actor_uri: str, kind: str, key_uri: str, generation: int) -> None:
        """The same for which of our keys an actor signs with."""
        if generation == self.generation and self._is_kept:
            self.current[actor_uri, kind] = key_uri

    def forget_owners(self, owners: Collection[str]) -> None:
        """These changed or left: none of their keys is believed from memory any more."""
        gone = frozenset(owners)
        self.generation += 1
        for key_id in [key_id for key_id, key in self._public.items() if key.owner in gone]:
            del self._public[key_id]
        for which in [which for which in self.current if which[0] in gone]:
            del self.current[which]

    def forget_all(self) -> None:
        """Any key may be another now. Ours are known by ids of their own, which never come to mean another key."""
        self.generation += 1
        self._public.clear()
        self.current.clear()

    def end(self) -> None:
        """What others change is not heard here: nothing is kept until `begin`."""
        self.forget_all()
        self._is_kept = False

    def begin(self) -> None:
        """From now on it is heard."""
        self.forget_all()
        self._is_kept = True

    def note_failure(self, key_id: str, until: float) -> None:
        """Do not ask again for this key before `until` (monotonic seconds), so that nobody can make us hammer (S14)."""
        self._failed[key_id] = until
        if len(self._failed) > FAILED_MAX:
            self._failed.popitem(last=False)

    def has_failed(self, key_id: str, now: float) -> bool:
        return self._failed.get(key_id, 0.0) > now
