"""TLS to other servers: names verified, authorities of the system, sessions taken up again."""

import asyncio
import ssl
from collections import OrderedDict
from typing import Any, Final, Self

SESSIONS_MAX: Final = 256


class Context(ssl.SSLContext):
    """The rules for every connection, and the sessions of the last hosts, so that a connection to one of them begins without
    certificates and proofs of them once more. A session goes to the name it was made with, and to no other.
    """

    _sessions: OrderedDict[str, ssl.SSLSession]

    @classmethod
    def for_others(cls, extra_ca_file: str | None) -> Self:
        """The system's authorities, and those in a file (PEM). Raises OSError (ssl.SSLError among them) for a bad file."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context._sessions = OrderedDict()
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        if extra_ca_file is not None:
            context.load_verify_locations(cafile=extra_ca_file)
        return context

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """As every context; loops begin a connection by it."""
        if session is None and isinstance(server_hostname, str):
            session = self._sessions.get(server_hostname)
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)

    def remember(self, host: str, transport: asyncio.BaseTransport | None) -> None:
        """Keep the session of a connection to this host, if it can be taken up again."""
        if host in self._sessions:
            self._sessions.move_to_end(host)
            return
        spoken: Any = transport.get_extra_info("ssl_object") if transport is not None else None
        session = spoken.session if spoken is not None else None
        if session is None or not session.has_ticket:
            return
        self._sessions[host] = session
        if len(self._sessions) > SESSIONS_MAX:
            self._sessions.popitem(last=False)
