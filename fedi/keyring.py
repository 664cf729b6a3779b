"""Keys in memory: parsing a stored private key costs a hundred times a signature, so each is parsed once."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field

from fedi.signatures.keys import PublicKey, SigningKey

PUBLIC_MAX = 20_000
FAILED_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Keyring:
    """`signing`: our keys by key id. `current`: which of them an actor signs with, by actor and kind. Public keys of others by key id, and key ids that lately could not be had."""

    secret: bytes
    signing: dict[str, SigningKey] = field(default_factory=dict)
    current: dict[tuple[str, str], str] = field(default_factory=dict)
    _public: "OrderedDict[str, PublicKey]" = field(default_factory=OrderedDict)
    _failed: "OrderedDict[str, float]" = field(default_factory=OrderedDict)

    def recall(self, key_id: str) -> PublicKey | None:
        """The public key with this id, if it was seen lately."""
        key = self._public.get(key_id)
        if key is not None:
            self._public.move_to_end(key_id)
        return key

    def remember(self, key: PublicKey) -> None:
        self._public[key.key_id] = key
        self._failed.pop(key.key_id, None)
        if len(self._public) > PUBLIC_MAX:
            self._public.popitem(last=False)

    def forget(self, key_id: str) -> None:
        self._public.pop(key_id, None)

    def forget_owner(self, owner: str) -> None:
        """The owner changed or left: none of its keys is believed from memory any more."""
        for key_id in [key_id for key_id, key in self._public.items() if key.owner == owner]:
            del self._public[key_id]

    def forget_owners(self, owners: Collection[str]) -> None:
        """The same for many at once."""
        gone = frozenset(owners)
        for key_id in [key_id for key_id, key in self._public.items() if key.owner in gone]:
            del self._public[key_id]

    def note_failure(self, key_id: str, until: float) -> None:
        """Do not ask again for this key before `until` (monotonic seconds), so that nobody can make us hammer (S14)."""
        self._failed[key_id] = until
        if len(self._failed) > FAILED_MAX:
            self._failed.popitem(last=False)

    def has_failed(self, key_id: str, now: float) -> bool:
        return self._failed.get(key_id, 0.0) > now
