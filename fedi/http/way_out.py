"""The way to others as the steward set it: every transport of the running program is opened here, so that none forgets
the proxy.
"""

import ipaddress
from typing import Final

from fedi.config import Config
from fedi.http.guard import Network, Policy
from fedi.http.pool import PooledTransport
from fedi.http.socks import Proxy
from fedi.http.transport import Resolve
from fedi.urls import Urls

# The whole time of an exchange in `Limits`, to which the setting is compared.
USUAL_S: Final = 20.0
_EVERYWHERE: tuple[Network, ...] = (
    ipaddress.ip_network("0.0.0.0/0"),
    ipaddress.ip_network("::/0"),
)


def open_way_out(
    config: Config, resolver: Resolve | None = None, *, connections: int = 256
) -> PooledTransport:
    """A transport to everybody but ourselves. Close it."""
    network = config.network
    policy = Policy(
        allow_http=network.unsafe_allow_http,
        allowed_networks=tuple(ipaddress.ip_network(text) for text in network.allowed_networks),
        own_hosts=Urls.of(config.instance.base_url, config.instance.onion_name).own_hosts,
    )
    return _open(config, policy, resolver, connections)


def open_way_to_ourselves(config: Config, resolver: Resolve | None = None) -> PooledTransport:
    """A transport for our own address only, which may lead into a private network. Close it."""
    return _open(config, Policy(allow_http=True, allowed_networks=_EVERYWHERE), resolver, 4)


def _open(
    config: Config, policy: Policy, resolver: Resolve | None, connections: int
) -> PooledTransport:
    proxy = config.network.proxy
    return PooledTransport(
        policy,
        extra_ca_file=config.network.extra_ca_file or None,
        resolver=resolver,
        connections=connections,
        proxy=None if proxy is None else Proxy(*proxy),
        patience=config.network.timeout_s / USUAL_S,
    )
