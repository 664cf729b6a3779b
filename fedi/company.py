"""The other processes on the same database: what they tell is taken to heart here, so that memory stays true in each.

What is remembered holds only as long as everything that others change is heard. When nothing is heard any more it is
forgotten at once, and nothing new is remembered until it is.
"""

import asyncio
from collections.abc import Callable

from fedi import news
from fedi.cache import DocumentCache
from fedi.ids import new_token
from fedi.keyring import Keyring
from fedi.wake import Wake


class Company:
    """An `Ear` for an instance that shares its database.

    `name`: who we are to the others. `duty`: set while what one does for all is ours to do, `off_duty` while it
    is not. `is_shut_out`: set when
    somebody had the database alone while we were cut off, and this process had better begin anew. `renew`: have
    the keys with which the instance signs for itself looked up again.
    """

    def __init__(
        self,
        documents: DocumentCache,
        keyring: Keyring,
        wake: Wake,
        renew: Callable[[], None],
    ) -> None:
        self.name = new_token()[:12]
        self.duty, self.off_duty = asyncio.Event(), asyncio.Event()
        self.is_shut_out = asyncio.Event()
        self.is_heard = asyncio.Event()
        self._documents, self._keyring, self._wake, self._renew = documents, keyring, wake, renew
        self.lost()

    def opened(self) -> None:
        """What we missed until now is looked at anew."""
        self._documents.begin()
        self._keyring.begin()
        self._renew()
        self._wake.ring_all()
        self.is_heard.set()

    def heard(self, words: str) -> None:
        """Forget what is no longer true, and wake whoever has something to do."""
        said = news.read(words)
        if said.sender == self.name:
            return
        if said.is_all:
            self._documents.forget_all()
            self._keyring.forget_all()
            self._renew()
            self._wake.ring_all()
        if said.touched:
            self._documents.forget(said.touched)
        if said.rekeyed:
            self._keyring.forget_owners(said.rekeyed)
            self._renew()
        for worker in said.wakes:
            self._wake.ring_if_known(worker)

    def lost(self) -> None:
        """Nothing that we remember can be relied on, and a duty is somebody else's."""
        self._documents.end()
        self._keyring.end()
        self.duty.clear()
        self.off_duty.set()
        self.is_heard.clear()

    def put_on_duty(self) -> None:
        """Nobody else does it."""
        self.off_duty.clear()
        self.duty.set()

    def shut_out(self) -> None:
        """Somebody had the database alone."""
        self.lost()
        self.is_shut_out.set()
