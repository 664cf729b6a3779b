"""What the checks of one run share: the configuration, our public address, and what earlier checks found."""

from dataclasses import dataclass
from datetime import datetime

from fedi.clock import Clock
from fedi.config import Config
from fedi.doctor.facts import Facts
from fedi.doctor.public import Arrived, Public
from fedi.http.transport import Resolve
from fedi.urls import Urls


@dataclass(slots=True)
class Examination:
    """`facts`: None when the database cannot be read. `arrived`: how the first request through the proxies came out."""

    config: Config
    urls: Urls
    clock: Clock
    public: Public
    resolver: Resolve | None
    facts: Facts | None
    addresses: tuple[str, ...] = ()
    arrived: Arrived | None = None
    may_announce: bool = True
    answered_at: tuple[datetime, datetime] | None = None

    @property
    def is_reached(self) -> bool:
        """Whether our own probe answered through the public address."""
        return self.arrived is not None

    @property
    def speaks_tls(self) -> bool:
        """Whether this process itself speaks https, so that no proxy has to say so."""
        return bool(self.config.server.tls_certificate)
