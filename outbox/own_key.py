"""The key with which the instance signs its own fetches: always at hand, and looked up again when it was exchanged elsewhere."""

import asyncio
import logging

from actors.keys import RSA, find_current
from fedi.errors import Unavailable
from fedi.instance import Instance
from fedi.keyring import Keyring
from fedi.signatures.keys import SigningKey
from outbox.seal import signing_key

log = logging.getLogger("fedi.outbox")


class OwnKey:
    """Call it for the key. `look_up` once before that."""

    def __init__(self, keyring: Keyring, actor_uri: str) -> None:
        self._keyring = keyring
        self._actor_uri = actor_uri
        self._last: SigningKey | None = None
        self._asked = 0
        self._looking: set[asyncio.Task[None]] = set()

    def __call__(self) -> SigningKey:
        """What is remembered; else, for the moment until it is looked up, the last one."""
        known = self._keyring.signing.get(self._keyring.current.get((self._actor_uri, RSA), ""))
        if known is not None:
            self._last = known
        assert self._last is not None
        return self._last

    async def look_up(self, instance: Instance) -> None:
        """Have the key of now. Raises NotFound, Unavailable."""
        self._asked += 1
        mine = self._asked
        generation = self._keyring.generation
        key_uri = await instance.look(lambda rx: find_current(rx, self._actor_uri, RSA))
        key = await signing_key(instance, key_uri)
        if mine == self._asked:
            self._last = key
            self._keyring.remember_current(self._actor_uri, RSA, key_uri, generation)

    def renew(self, instance: Instance) -> None:
        """The same beside everything else. Where the database is away it is asked for again once it is back."""
        task = asyncio.create_task(self._renew(instance))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def _renew(self, instance: Instance) -> None:
        try:
            await self.look_up(instance)
        except Unavailable as problem:
            log.warning("keys were not looked up", extra={"why": problem.message_key})
