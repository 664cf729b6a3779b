"""What an actor is: a collective of ours, our server actor, or somebody elsewhere."""

from dataclasses import dataclass
from datetime import datetime

ROLE_SERVER = "server"
ROLE_COLLECTIVE = "collective"
ROLE_REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class ActorImage:
    """An avatar or header: where it is, its media type when known, and what it shows."""

    url: str
    media_type: str | None
    alt: str | None


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One line of a profile: a plain name and a value in sanitised HTML."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor as stored. Addresses are exactly those its own document carries; `summary` is sanitised HTML.

    `confirmed`: the handle of somebody elsewhere, `name@host`, that both hosts said is theirs; `formerly`: the one before.
    `followers_told`: how many followers its document says it has, where it says so.
    """

    uri: str
    host: str
    role: str
    type: str
    username: str
    name: str
    summary: str
    inbox: str
    summary_source: str | None = None
    url: str | None = None
    shared_inbox: str | None = None
    outbox: str | None = None
    followers: str | None = None
    following: str | None = None
    featured: str | None = None
    icon: ActorImage | None = None
    image: ActorImage | None = None
    fields: tuple[ProfileField, ...] = ()
    aliases: tuple[str, ...] = ()
    moved_to: str | None = None
    language: str | None = None
    discoverable: bool = False
    indexable: bool = False
    approves_followers: bool = False
    published_at: datetime | None = None
    updated_at: datetime | None = None
    fetched_at: datetime | None = None
    deleted_at: datetime | None = None
    followers_told: int | None = None
    confirmed: str = ""
    formerly: str = ""

    @property
    def is_local(self) -> bool:
        return self.role != ROLE_REMOTE

    @property
    def handle(self) -> str:
        """`@name@host`; of somebody elsewhere whose name nobody confirmed, the address, which is no name (S35)."""
        if self.is_local:
            return f"@{self.username}@{self.host}"
        return self._told(self.confirmed) if self.confirmed else self.uri

    @property
    def former_handle(self) -> str:
        """`@name@host` as it was before; empty for who never had another."""
        return self._told(self.formerly) if self.formerly else ""

    @property
    def called(self) -> str:
        """What somebody is called who is named in a text: the handle, or the bare name, never a handle that may be another's."""
        return self.handle if self.is_local or self.confirmed else f"@{self.username}"

    def _told(self, handle: str) -> str:
        name, _, host = handle.partition("@")
        return f"@{self.username if name == self.username.lower() else name}@{host}"

    @property
    def title(self) -> str:
        """The name people read, or the user name where there is none."""
        return self.name or self.username

    @property
    def delivery_inbox(self) -> str:
        """Where public words for several people of that host go: the shared inbox if there is one."""
        return self.shared_inbox or self.inbox
