"""The edge's whole world: built once by `open_instance`, passed to whoever needs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from secrets import SystemRandom
from typing import TypeVar

from fedi.cache import DocumentCache
from fedi.clock import Clock, rounded_down
from fedi.company import Company
from fedi.config import Config
from fedi.db.engine import Database, Reader, Writer
from fedi.http.accounts import Accounts
from fedi.http.client import FederationClient
from fedi.http.rates import Entrances, Namings, Newcomers
from fedi.keyring import Keyring
from fedi.media.storage import MediaStorage
from fedi.metrics import Metrics
from fedi.news import in_words
from fedi.signatures.keys import new_pair
from fedi.unit import Unit
from fedi.urls import Urls
from fedi.wake import Wake

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Instance:
    """One running instance. Only edges hold it: routes, worker steps, commands.

    `schemes_learned`: origins whose style of signature was found out and is not yet written down.
    `accounts`: what each host cost lately.
    `chance`: a random number from 0 to 1 at each call, for spreading what everybody would do at once.
    `namings`: how many were asked lately how somebody is called.
    `newcomers`: how many hosts and actors nobody here knew came lately. `entrances`: who tried to sign in and was wrong.
    `letters`: who had a letter sent, so that asking for letters uses up nothing of signing in.
    `new_keys`: the keys of a new actor, RSA and Ed25519. `company`: the other processes on the same database, if it is shared.
    """

    config: Config
    urls: Urls
    db: Database
    http: FederationClient
    media: MediaStorage
    clock: Clock
    keyring: Keyring
    wake: Wake
    metrics: Metrics
    documents: DocumentCache
    schemes_learned: dict[str, str] = field(default_factory=dict)
    newcomers: Newcomers = field(default_factory=Newcomers)
    namings: Namings = field(default_factory=Namings)
    accounts: Accounts = field(default_factory=Accounts)
    chance: Callable[[], float] = SystemRandom().random
    entrances: Entrances = field(default_factory=Entrances)
    letters: Entrances = field(default_factory=Entrances)
    new_keys: Callable[[], tuple[bytes, bytes]] = new_pair
    company: Company | None = None

    async def change(self, work: Callable[[Unit], T]) -> T:
        """Run `work` as one transaction; returns when it is on disk."""
        return await self.db.write(self._in_unit(work))

    async def change_each(
        self, works: Sequence[Callable[[Unit], T]]
    ) -> Sequence[T | BaseException]:
        """Run each of these as one transaction of its own; what one of them raises stands in its place."""
        return await self.db.write_each([self._in_unit(work) for work in works])

    async def claim(self, work: Callable[[Unit], T]) -> T:
        """The same for work that only takes rows which it finds free, and so never has to wait for others who do."""
        return await self.db.claim(self._in_unit(work))

    def _in_unit(self, work: Callable[[Unit], T]) -> Callable[[Writer], T]:
        def unit_of(tx: Writer) -> T:
            unit = Unit(
                tx,
                self.clock.now(),
                self.urls,
                self.config.instance.posture,
                self.config.inbox.follow_moves,
                self.config.search.others,
                self.config.inbox,
                chance=self.chance,
                grain=self.config.instance.grain,
            )
            result = work(unit)
            if unknown := unit.wakes - self.wake.bells.keys():
                raise LookupError(f"no worker is called {sorted(unknown)}")
            if unit.touched or unit.wakes or unit.rekeyed:
                tx.on_commit(lambda: self._after(unit))
                if self.company is not None:
                    for words in in_words(
                        self.company.name, unit.wakes, unit.touched, unit.rekeyed
                    ):
                        tx.tell(words)
            return result

        return unit_of

    def _after(self, unit: Unit) -> None:
        """What follows from a transaction once it is on disk."""
        if unit.touched:
            self.documents.forget(unit.touched)
        if unit.rekeyed:
            self.keyring.forget_owners(unit.rekeyed)
        for worker in unit.wakes:
            self.wake.ring(worker)

    @property
    def told_now(self) -> datetime:
        """Now, as others are told (S92)."""
        return rounded_down(self.clock.now(), self.config.instance.grain)

    async def look(self, work: Callable[[Reader], T]) -> T:
        """Run `work` on one snapshot."""
        return await self.db.read(work)
