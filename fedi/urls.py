"""Every address we mint, in one table. Built from the configured base URL, never from a request (S73)."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit


@dataclass(frozen=True, slots=True)
class Urls:
    """Addresses of one instance. `base` has no final slash; `host` carries the port when it is not the usual one.

    `onion`: a second name under which pages answer, or "". Nothing is ever minted with it.
    """

    base: str
    host: str
    scheme: str
    onion: str = ""

    @classmethod
    def of(cls, base_url: str, onion: str = "") -> "Urls":
        parts = urlsplit(base_url)
        return cls(base_url.rstrip("/"), parts.netloc, parts.scheme, onion)

    @property
    def own_hosts(self) -> frozenset[str]:
        """Every name of ours, as it stands in `Host`."""
        return frozenset({self.host, self.onion} - {""})

    def is_https(self, host: str) -> bool:
        """Whether visitors come over https under this name of ours; to the onion name Tor brings them over http."""
        return self.scheme == "https" and host.lower() != self.onion

    def is_ours(self, uri: str) -> bool:
        """Whether `uri` lies at our origin, or under our second name, where no id ever lies (S31)."""
        return _is_at(uri, self.base) or (
            self.onion != ""
            and (_is_at(uri, f"http://{self.onion}") or _is_at(uri, f"https://{self.onion}"))
        )

    def handle(self, username: str) -> str:
        """`@name@host`, as people write it."""
        return f"@{username}@{self.host}"

    # actors
    def server_actor(self) -> str:
        return f"{self.base}/actor"

    def actor(self, public_id: str) -> str:
        return f"{self.base}/actor/{public_id}"

    def actor_page(self, username: str) -> str:
        return f"{self.base}/@{username}"

    def shared_inbox(self) -> str:
        return f"{self.base}/inbox"

    # publications: the segment is the kind's name
    def publication(self, kind: str, public_id: str) -> str:
        return f"{self.base}/{kind}/{public_id}"

    def activity(self, public_id: str) -> str:
        return f"{self.base}/activity/{public_id}"

    def vote(self, public_id: str) -> str:
        return f"{self.base}/vote/{public_id}"

    def stamp(self, public_id: str) -> str:
        return f"{self.base}/stamp/{public_id}"

    def told(self, public_id: str) -> str:
        return f"{self.base}/told/{public_id}"

    def attendance(self, token: str) -> str:
        return f"{self.base}/attendance/{token}"

    def hashtag(self, name: str) -> str:
        return f"{self.base}/tag/{quote(name, safe='')}"

    def welcome(self, token: str) -> str:
        return f"{self.base}/welcome/{token}"

    def invitation(self, token: str) -> str:
        return f"{self.base}/invitation/{token}"

    def media(self, key: str) -> str:
        return f"{self.base}/media/{key}"

    # discovery
    def webfinger(self) -> str:
        return f"{self.base}/.well-known/webfinger"

    def nodeinfo(self, version: str) -> str:
        return f"{self.base}/nodeinfo/{version}"


def _is_at(uri: str, base: str) -> bool:
    return uri == base or uri.startswith((base + "/", base + "#", base + "?"))


def main_key(actor_uri: str) -> str:
    """The id of an actor's RSA key: the form most peers expect (wire 2.4)."""
    return f"{actor_uri}#main-key"


def ed25519_key(actor_uri: str) -> str:
    """The id of an actor's Ed25519 key (FEP-521a)."""
    return f"{actor_uri}#ed25519-key"


# FEP-8a8e: what an actor has coming, by when it begins.
UPCOMING = "upcomingEvents"


def part(actor_uri: str, name: str) -> str:
    """A collection or door of an actor: inbox, outbox, followers, following, featured."""
    return f"{actor_uri}/{name}"
