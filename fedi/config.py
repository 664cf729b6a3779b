"""Configuration: TOML text and environment in, one frozen `Config` out. A mistake is explained by line and repair.

Every setting has a default; `config.example.toml` lists them all and a test compares the two.
"""

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, get_origin, get_type_hints
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fedi.errors import SetupError
from fedi.onion import is_onion, is_spelled_right

SECOND_FACTORS = ("publishers", "stewards", "nobody")
GRAINS = {"exact": timedelta(), "five_minutes": timedelta(minutes=5), "hour": timedelta(hours=1)}
SPREADS = {"none": timedelta(), "ten_minutes": timedelta(minutes=10), "hour": timedelta(hours=1)}
POSTURES = ("open", "guarded", "closed")
LANGUAGES = ("ar", "en", "es", "fr")
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")
# Whoever connects through the unix socket, as a trusted proxy.
UNIX = "unix"


def _doc(default: Any, sentence: str) -> Any:
    """A setting with its default and the one sentence that explains it."""
    return field(default=default, metadata={"doc": sentence})


@dataclass(frozen=True, slots=True)
class InstanceConfig:
    """What this instance is, seen from outside."""

    base_url: str = _doc(
        "http://localhost:8080",
        "Public address of this instance; every id is built from it, so it cannot be changed after the first publication.",
    )
    name: str = _doc(
        "", "Name of the instance on its home page; empty means the name of the first collective."
    )
    language: str = _doc(
        "en", "Interface language for visitors who ask for none of the four: ar, en, es or fr."
    )
    timezone: str = _doc(
        "UTC", "Time zone for dates typed without one, as an IANA name such as Africa/Tunis."
    )
    posture: str = _doc(
        "open",
        "Defaults for openness: open, guarded (followers approved by hand) or closed (listed hosts only).",
    )
    actor_type: str = _doc(
        "Group", "ActivityStreams type of new collectives: Group or Organization."
    )
    digits: str = _doc("latin", "Digits in Arabic dates and numbers: latin or arabic.")
    onion_name: str = _doc(
        "",
        "Second name under which Tor brings visitors here, such as abc….onion; pages answer to it and tell of it.",
    )
    published_times: str = _doc(
        "",
        "How finely what is published here tells its time, in ids too: exact, five_minutes or hour (rounded down); empty: "
        "exact in the posture open, five_minutes in guarded, hour in closed.",
    )
    scheduled_spread: str = _doc(
        "",
        "What is scheduled goes out later by chance, by less than this: none, ten_minutes or hour; empty: none in the posture "
        "open, ten_minutes in the others.",
    )
    contact: str = _doc(
        "", "Address shown to visitors and in NodeInfo for reaching the stewards; empty shows none."
    )

    @property
    def times(self) -> str:
        """How finely times are told: the setting, or what the posture says."""
        by_posture = {"open": "exact", "guarded": "five_minutes", "closed": "hour"}
        return self.published_times or by_posture[self.posture]

    @property
    def grain(self) -> timedelta:
        """The same as a span; none when times are exact."""
        return GRAINS[self.times]

    @property
    def spread(self) -> timedelta:
        """By how much at most something scheduled goes out later than was asked."""
        by_posture = "none" if self.posture == "open" else "ten_minutes"
        return SPREADS[self.scheduled_spread or by_posture]


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """How this process listens."""

    bind: str = _doc(
        "127.0.0.1:8080", "Where to listen: HOST:PORT, or unix:/path/to/socket behind a proxy."
    )
    trusted_proxies: tuple[str, ...] = _doc(
        (),
        'Addresses of reverse proxies whose forwarded headers are believed, or "unix" for the socket; none by default.',
    )
    requests_per_source: int = _doc(
        1500,
        "Unsigned requests answered per visitor's address in five minutes, documents in memory not counted; 0: no limit.",
    )
    tls_certificate: str = _doc(
        "", "Certificate chain (PEM file) to speak https without a proxy; empty speaks http."
    )
    tls_key: str = _doc("", "Private key (PEM file) that belongs to tls_certificate.")


@dataclass(frozen=True, slots=True)
class StorageConfig:
    """Where everything is kept."""

    folder: str = _doc(
        "data", "Folder for database, media and secrets, relative to the configuration file."
    )
    readers: int = _doc(2, "Database connections for reading, beside those for writing.")


@dataclass(frozen=True, slots=True)
class DatabaseConfig:
    """Where the tables are: a file in the folder above, or a PostgreSQL server."""

    url: str = _doc(
        "",
        "PostgreSQL database such as postgresql://fedi@127.0.0.1/fedi; empty: a SQLite file, right for most.",
    )
    password_file: str = _doc(
        "", "File with the password of that PostgreSQL user, if it asks for one."
    )
    writers: int = _doc(4, "Connections to PostgreSQL for writing; SQLite has one.")

    @property
    def password(self) -> str:
        """What is in the password file."""
        if not self.password_file:
            return ""
        return Path(self.password_file).read_text(encoding="utf-8").strip()


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Outgoing requests."""

    extra_ca_file: str = _doc(
        "", "Additional certificate authorities (PEM file) to trust for outgoing requests."
    )
    allowed_networks: tuple[str, ...] = _doc(
        (),
        "Private networks that outgoing requests may reach, such as 127.0.0.0/8 for trying things out at home.",
    )
    unsafe_allow_http: bool = _doc(
        False, "Fetch from and deliver to plain http addresses; only for trying things out."
    )
    timeout_s: float = _doc(
        20.0,
        "Seconds after which an outgoing request is given up; the steps on the way to it stretch with it.",
    )
    socks_proxy: str = _doc(
        "",
        "SOCKS5 proxy for everything that goes out, such as socks5h://127.0.0.1:9050 for Tor; when it fails, nothing leaves.",
    )

    @property
    def proxy(self) -> tuple[str, int] | None:
        """Address and port of the proxy, if everything goes through one."""
        if not self.socks_proxy:
            return None
        parts = urlsplit(self.socks_proxy)
        return parts.hostname or "", parts.port or 0


@dataclass(frozen=True, slots=True)
class InboxConfig:
    """What comes in."""

    body_bytes_max: int = _doc(1_048_576, "Largest activity accepted, in bytes.")
    backlog_max: int = _doc(
        50_000, "Activities waiting to be processed beyond which new ones are asked to come later."
    )
    host_per_minute: int = _doc(300, "Activities accepted per remote host and minute.")
    follows_per_host: int = _doc(60, "Wishes to follow accepted per remote host and hour.")
    strangers_per_hour: int = _doc(
        600,
        "Posts per hour from all those together who neither follow anybody here nor are followed.",
    )
    new_actors_per_host: int = _doc(
        100, "Actors never heard of that are accepted per remote host and hour."
    )
    new_hosts_per_domain: int = _doc(
        10, "Hosts never heard of that are accepted per registered domain and day."
    )
    relayed_per_hour: int = _doc(
        300, "Posts per hour that each relay may bring; what comes above that is left out."
    )
    hold_accounts_younger_days: int = _doc(
        7,
        "Words of strangers wait when their account is younger than these days; 0: at any age they do not.",
    )
    hold_without_followers: bool = _doc(
        True, "Words of strangers wait when their own account says that nobody follows it."
    )
    hold_mentions_above: int = _doc(
        5, "Words of strangers wait when they name more people than this; 0: however many."
    )
    hold_only_links: bool = _doc(True, "Words of strangers wait when they are nothing but links.")
    hold_same_words_hosts: int = _doc(
        3,
        "Words of strangers wait when the same came from so many hosts within a day; 0: from however many.",
    )
    follow_moves: bool = _doc(
        True, "Follow whom we follow to a new address when both addresses say so."
    )
    workers: int = _doc(4, "Activities processed at the same time.")


@dataclass(frozen=True, slots=True)
class PeopleConfig:
    """Those who sign in."""

    session_idle_hours: int = _doc(
        12, "Hours without use after which somebody has to sign in again."
    )
    session_days: int = _doc(14, "Days after which somebody has to sign in again in any case.")
    journal_days: int = _doc(
        180, "Days for which members can read who did what; 0 keeps no such journal."
    )
    second_factor: str = _doc(
        "",
        "Who must have a second factor besides the password: publishers, stewards or nobody; empty: publishers, "
        "unless the posture is open.",
    )


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """What members find by its words. Nobody else can search at all."""

    others: bool = _doc(
        False,
        "Also public words of others who agree to be found (indexable). After a change run: fedi search rebuild",
    )


@dataclass(frozen=True, slots=True)
class MailConfig:
    """A mail server, for links to a new password. Without one stewards hand such links over."""

    host: str = _doc("", "Name of the mail server that takes our letters; empty: no mail is sent.")
    port: int = _doc(465, "Its port: 465 with tls, 587 with starttls.")
    security: str = _doc("tls", "How the line is secured: tls, starttls, or none on this machine.")
    user: str = _doc("", "User name for the mail server, if it asks for one.")
    password_file: str = _doc("", "File with the password for the mail server.")
    sender: str = _doc("", "Address from which letters come, such as house@example.org.")

    @property
    def password(self) -> str:
        """What is in the password file."""
        if not self.password_file:
            return ""
        return Path(self.password_file).read_text(encoding="utf-8").strip()


@dataclass(frozen=True, slots=True)
class DeliveryConfig:
    """What goes out."""

    concurrency: int = _doc(
        64, "Deliveries under way at the same time, beside those to hosts that let us wait."
    )
    per_host: int = _doc(2, "Deliveries under way at the same time to one host.")
    give_up_days: int = _doc(14, "Days after which a delivery that never succeeded is given up.")
    inbox_elsewhere: tuple[str, ...] = _doc(
        (),
        'Accounts of the first host may have their inbox on the second, such as "actors.example inbox.example"; of no others.',
    )

    @property
    def inbox_pairs(self) -> frozenset[tuple[str, str]]:
        """The hosts of `inbox_elsewhere`: where an account is, and where its inbox may be besides."""
        return frozenset((each.split()[0], each.split()[1]) for each in self.inbox_elsewhere)


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """Pictures from elsewhere, which pages show from here so that visitors ask nobody else for them."""

    cache_bytes_max: int = _doc(
        536_870_912,
        "Room for pictures from elsewhere, in bytes; those not asked for longest leave first; 0 shows links instead.",
    )
    cache_days_max: int = _doc(
        30,
        "Days after which a picture from elsewhere is deleted, and asked for again if a page shows it.",
    )


@dataclass(frozen=True, slots=True)
class BucketConfig:
    """An S3-compatible object store that keeps pictures instead of the data folder; needs the package obstore (extra s3)."""

    name: str = _doc(
        "",
        "Name of the bucket, which stays closed to everybody else: pictures are still shown from here; empty: the data folder.",
    )
    endpoint: str = _doc(
        "", "Address of the store, such as https://s3.example.org; empty: Amazon's for the region."
    )
    region: str = _doc("us-east-1", "Region of the bucket, if the store has several.")
    prefix: str = _doc(
        "",
        "What the names of our pictures begin with when others use the same bucket, such as agora.",
    )
    path_style: bool = _doc(
        True, "Write the name of the bucket into the path and not before the name of the host."
    )
    key_id: str = _doc("", "Public half of the access key.")
    key_file: str = _doc("", "File with the secret half of the access key.")
    timeout_s: float = _doc(10.0, "Seconds after which a request to the store is given up.")

    @property
    def key(self) -> str:
        """What is in the key file. Raises OSError, UnicodeDecodeError."""
        return Path(self.key_file).read_text(encoding="utf-8").strip()


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    """How long things are kept, in days. `fedi purge` shows what would go; the server applies it every hour."""

    inbox_bodies_days: int = _doc(
        7,
        "What other servers sent, after it was processed; its id is kept so that nothing happens twice.",
    )
    set_aside_days: int = _doc(
        30, "What other servers sent and broke us, kept for another attempt."
    )
    passed_on_days: int = _doc(
        7,
        "Answers of others that were passed on to the followers here, and what was told to participants of events, once "
        "nothing of it waits.",
    )
    remote_publications_days: int = _doc(
        90,
        "Publications of others, unless somebody here answered, liked, announced, quoted or pinned them or is addressed, "
        "or they are part of a conversation with us, or an event or need that is not over.",
    )
    remote_actors_days: int = _doc(
        90,
        "Accounts elsewhere with their keys, when nothing here is about them and they were not heard of for so long.",
    )
    notifications_days: int = _doc(180, "Notices about what others did.")
    failed_deliveries_days: int = _doc(
        14, "Deliveries that were refused or given up, counted from then."
    )
    ledger_days: int = _doc(90, "The ledger of deliveries that arrived.")
    silent_hosts_days: int = _doc(
        30, "How other servers behaved, when nothing is exchanged with them any more."
    )
    retired_keys_days: int = _doc(
        60, "Private keys that were replaced; letters signed with them may still wait."
    )
    attendance_days: int = _doc(
        14, "Who came to an event, and what only those were told, counted from its end."
    )
    withdrawn_events_days: int = _doc(
        60, "When a withdrawn event would have been, so that calendars that have it strike it out."
    )
    heard_words_days: int = _doc(
        1, "From which servers strangers said the same words, kept without the words themselves."
    )
    drafts_done_days: int = _doc(
        7, "Which form led to which publication, so that one sent twice publishes once."
    )
    unused_uploads_days: int = _doc(
        7, "Uploaded pictures that no publication and no collective shows."
    )


@dataclass(frozen=True, slots=True)
class BackupConfig:
    """Backups, which `fedi backup` makes at any time and the server by itself if told so."""

    folder: str = _doc(
        "backups",
        "Folder for backups, relative to the configuration file; better on another disk.",
    )
    recipients: tuple[str, ...] = _doc(
        (),
        'Public keys (age1…) of those who can open the backups; empty means the key that the first "fedi backup" shows.',
    )
    every_hours: int = _doc(
        0, "Hours after which the server makes a backup by itself; 0: only when told to."
    )
    keep: int = _doc(
        7, "Newest backups kept in that folder, older ones are deleted after each new one; 0: all."
    )


@dataclass(frozen=True, slots=True)
class LogConfig:
    """What is written to standard error: ids, hosts and outcomes, never content or addresses of people."""

    level: str = _doc("info", "Least important message written: debug, info, warning or error.")
    format: str = _doc("text", "Form of a line: text for people, json for machines.")
    slow_statement_ms: int = _doc(
        250,
        "Milliseconds after which a statement of the database is written down, without its values; 0: never.",
    )


@dataclass(frozen=True, slots=True)
class MetricsConfig:
    """Numbers for Prometheus at /metrics of a listener of its own: how much, how often, how long; nothing about people."""

    bind: str = _doc(
        "",
        "Where to listen, such as 127.0.0.1:9464, or unix:/path/to/socket; empty: nowhere. Whoever reaches it can read it.",
    )

    @property
    def is_reached_from_elsewhere(self) -> bool:
        """Whether it listens where more than this machine may come."""
        if not self.bind or self.bind.startswith("unix:"):
            return False
        return not is_this_machine(self.bind.rpartition(":")[0])


@dataclass(frozen=True, slots=True)
class Config:
    """All settings. `path` is the file they came from, or None."""

    instance: InstanceConfig = field(default_factory=InstanceConfig)
    server: ServerConfig = field(default_factory=ServerConfig)
    storage: StorageConfig = field(default_factory=StorageConfig)
    database: DatabaseConfig = field(default_factory=DatabaseConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    inbox: InboxConfig = field(default_factory=InboxConfig)
    people: PeopleConfig = field(default_factory=PeopleConfig)
    search: SearchConfig = field(default_factory=SearchConfig)
    mail: MailConfig = field(default_factory=MailConfig)
    delivery: DeliveryConfig = field(default_factory=DeliveryConfig)
    media: MediaConfig = field(default_factory=MediaConfig)
    bucket: BucketConfig = field(default_factory=BucketConfig)
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    backup: BackupConfig = field(default_factory=BackupConfig)
    log: LogConfig = field(default_factory=LogConfig)
    metrics: MetricsConfig = field(default_factory=MetricsConfig)
    path: Path | None = None

    @property
    def data_folder(self) -> Path:
        """Absolute path of the data folder; a relative one starts at the configuration file's folder."""
        return self._from_here(self.storage.folder)

    @property
    def backup_folder(self) -> Path:
        """Absolute path of the folder for backups, likewise."""
        return self._from_here(self.backup.folder)

    def _from_here(self, folder: str) -> Path:
        start = self.path.parent if self.path else Path.cwd()
        return (start / Path(folder).expanduser()).resolve()


def is_this_machine(name: str) -> bool:
    """Whether an address or name can only mean this machine. Pure."""
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name.lower() == "localhost"


# A host as it stands in ids: lower-case ASCII, with its port when that is not the usual one.
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[0-9]{1,5})?")

SECTIONS: dict[str, type] = {
    "instance": InstanceConfig,
    "server": ServerConfig,
    "storage": StorageConfig,
    "database": DatabaseConfig,
    "network": NetworkConfig,
    "inbox": InboxConfig,
    "people": PeopleConfig,
    "search": SearchConfig,
    "mail": MailConfig,
    "delivery": DeliveryConfig,
    "media": MediaConfig,
    "bucket": BucketConfig,
    "retention": RetentionConfig,
    "backup": BackupConfig,
    "log": LogConfig,
    "metrics": MetricsConfig,
}


def load_config(path: Path | None, environment: Mapping[str, str]) -> Config:
    """Read the file (a missing one means: defaults) and let `FEDI_SECTION_SETTING` variables override it.

    Raises SetupError with the file, the line, what is wrong and what to write instead.
    """
    text = ""
    if path is not None and path.exists():
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise SetupError(
                detail=f"{path}: cannot be read as UTF-8 text ({problem})"
            ) from problem
    return parse_config(text, environment, path)


def parse_config(text: str, environment: Mapping[str, str], path: Path | None = None) -> Config:
    """The same as `load_config`, from text. `path` is only named in messages and anchors relative folders."""
    name = str(path) if path else "configuration"
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise SetupError(detail=f"{name}: not valid TOML: {problem}") from problem
    where = _Places(name, text)
    sections: dict[str, Any] = {}
    for section, values in tree.items():
        if section not in SECTIONS:
            raise SetupError(
                detail=f"{where.of(section)}: there is no section [{section}]; known ones: {', '.join(SECTIONS)}"
            )
        if not isinstance(values, dict):
            raise SetupError(
                detail=f"{where.of(section)}: [{section}] must be a section, not a value"
            )
    for section, kind in SECTIONS.items():
        sections[section] = _read_section(section, kind, tree.get(section, {}), environment, where)
    config = Config(**sections, path=path)
    _check(config, where)
    return config


class _Places:
    """Finds the line of a setting in the text, for messages."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.lines = text.splitlines()
        self.from_environment: set[str] = set()

    def of(self, section: str, setting: str | None = None) -> str:
        if setting and f"{section}.{setting}" in self.from_environment:
            return f"environment variable {_variable(section, setting)}"
        inside = False
        for number, line in enumerate(self.lines, 1):
            header = re.match(r"\s*\[\[?\s*([A-Za-z_]+)\s*\]", line)
            if header:
                inside = header[1] == section
                if inside and setting is None:
                    return f"{self.name}, line {number}"
            elif (inside and setting and re.match(rf"\s*\"?{re.escape(setting)}\"?\s*=", line)) or (
                setting is None and re.match(rf"\s*{re.escape(section)}\b", line)
            ):
                return f"{self.name}, line {number}"
        return self.name


def _variable(section: str, setting: str) -> str:
    return f"FEDI_{section}_{setting}".upper()


def _read_section(
    section: str,
    kind: type,
    values: Mapping[str, Any],
    environment: Mapping[str, str],
    where: _Places,
) -> Any:
    hints = get_type_hints(kind)
    known = {each.name for each in fields(kind)}
    for setting in values:
        if setting not in known:
            raise SetupError(
                detail=f"{where.of(section, setting)}: there is no setting {setting!r} in [{section}]; "
                f"known ones: {', '.join(sorted(known))}"
            )
    found: dict[str, Any] = {}
    for setting in known:
        variable = _variable(section, setting)
        if variable in environment:
            where.from_environment.add(f"{section}.{setting}")
            found[setting] = _from_text(
                environment[variable], hints[setting], where.of(section, setting)
            )
        elif setting in values:
            found[setting] = _from_toml(
                values[setting], hints[setting], where.of(section, setting), setting
            )
    return kind(**found)


def _from_text(text: str, hint: Any, place: str) -> Any:
    if hint is bool:
        if text.lower() not in ("true", "false", "1", "0"):
            raise SetupError(detail=f"{place}: write true or false")
        return text.lower() in ("true", "1")
    try:
        if hint is int:
            return int(text)
        if hint is float:
            return float(text)
    except ValueError:
        raise SetupError(detail=f"{place}: write a number") from None
    if get_origin(hint) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _from_toml(value: Any, hint: Any, place: str, setting: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if get_origin(hint) is tuple:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise SetupError(
            detail=f'{place}: {setting} must be a list of texts, such as ["one", "two"]'
        )
    if type(value) is hint:
        return value
    wanted = {
        str: 'a text in quotes, such as "…"',
        int: "a whole number",
        float: "a number",
        bool: "true or false",
    }
    raise SetupError(detail=f"{place}: {setting} must be {wanted.get(hint, 'another type')}")


def _choice(
    config: Any, section: str, setting: str, allowed: tuple[str, ...], where: _Places
) -> None:
    value = getattr(config, setting)
    if value not in allowed:
        raise SetupError(
            detail=f"{where.of(section, setting)}: {setting} is {value!r}; write one of {', '.join(allowed)}"
        )


def _check(config: Config, where: _Places) -> None:
    _check_base_url(config, where)
    _choice(config.instance, "instance", "posture", POSTURES, where)
    _choice(config.instance, "instance", "published_times", ("", *GRAINS), where)
    _choice(config.instance, "instance", "scheduled_spread", ("", *SPREADS), where)
    _choice(config.people, "people", "second_factor", ("", *SECOND_FACTORS), where)
    _choice(config.instance, "instance", "language", LANGUAGES, where)
    _choice(config.instance, "instance", "actor_type", ("Group", "Organization"), where)
    _choice(config.instance, "instance", "digits", ("latin", "arabic"), where)
    _choice(config.log, "log", "level", LOG_LEVELS, where)
    _choice(config.log, "log", "format", LOG_FORMATS, where)
    _check_timezone(config, where)
    _check_bind(config, where)
    _check_networks(config, where)
    _check_onion(config, where)
    _check_proxy(config, where)
    _check_mail(config, where)
    _check_database(config, where)
    _check_bucket(config, where)
    _check_numbers(config, where)
    _check_backup(config, where)
    _check_pairs(config, where)
    if bool(config.server.tls_certificate) != bool(config.server.tls_key):
        raise SetupError(
            detail=f"{where.of('server', 'tls_certificate')}: set both tls_certificate and tls_key, or neither"
        )


def _check_base_url(config: Config, where: _Places) -> None:
    place = where.of("instance", "base_url")
    url = config.instance.base_url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SetupError(
            detail=f"{place}: base_url {url!r} is not an address; write https://your.host"
        ) from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise SetupError(
            detail=f"{place}: base_url {url!r} must be a full address; write https://your.host"
        )
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise SetupError(
            detail=f"{place}: base_url must have no path, query or user; write https://your.host"
        )
    if not url.isascii() or parts.hostname != parts.hostname.lower() or url != url.strip():
        raise SetupError(
            detail=f"{place}: base_url must be lower-case ASCII; write international names as xn--…"
        )
    if port is not None and port == {"https": 443, "http": 80}[parts.scheme]:
        raise SetupError(detail=f"{place}: leave out the port {port}, it is the usual one")


def _check_timezone(config: Config, where: _Places) -> None:
    try:
        ZoneInfo(config.instance.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SetupError(
            detail=f"{where.of('instance', 'timezone')}: {config.instance.timezone!r} is not a time zone; "
            "write an IANA name such as Africa/Tunis"
        ) from None


def _check_bind(config: Config, where: _Places) -> None:
    for section, bind, port_usual in (
        ("server", config.server.bind, 8080),
        ("metrics", config.metrics.bind or "unix:/", 9464),
    ):
        if bind.startswith("unix:") and len(bind) > len("unix:"):
            continue
        host, colon, port = bind.rpartition(":")
        if not (colon and host and port.isascii() and port.isdecimal() and int(port) < 65536):
            raise SetupError(
                detail=f"{where.of(section, 'bind')}: bind is {bind!r}; write HOST:PORT such as 127.0.0.1:{port_usual}, "
                "or unix:/run/fedi.sock"
            )


def _check_networks(config: Config, where: _Places) -> None:
    for section, setting, values in (
        ("network", "allowed_networks", config.network.allowed_networks),
        ("server", "trusted_proxies", config.server.trusted_proxies),
    ):
        for value in values:
            if section == "server" and value == UNIX:
                continue
            try:
                ipaddress.ip_network(value)
            except ValueError:
                raise SetupError(
                    detail=f"{where.of(section, setting)}: {value!r} is not a network; write one like 10.0.0.0/8"
                ) from None


def _check_onion(config: Config, where: _Places) -> None:
    name = config.instance.onion_name
    place = where.of("instance", "onion_name")
    if name and not is_spelled_right(name):
        raise SetupError(
            detail=f"{place}: {name!r} is not the name of an onion service; copy it from the file hostname in its "
            "HiddenServiceDir, without http://"
        )
    own = urlsplit(config.instance.base_url).hostname or ""
    if name and is_onion(own):
        raise SetupError(
            detail=f"{place}: base_url is an onion name already; leave onion_name empty"
        )
    if is_onion(own) and not is_spelled_right(own):
        raise SetupError(
            detail=f"{where.of('instance', 'base_url')}: {own!r} is not the name of an onion service; copy it from the "
            "file hostname in its HiddenServiceDir"
        )
    if is_onion(own) and not config.network.socks_proxy:
        raise SetupError(
            detail=f"{where.of('instance', 'base_url')}: base_url is an onion name, but what goes out would not go through "
            'Tor and would tell where this machine is; write socks_proxy = "socks5h://127.0.0.1:9050" in [network]'
        )


def _check_mail(config: Config, where: _Places) -> None:
    mail = config.mail
    _choice(mail, "mail", "security", ("tls", "starttls", "none"), where)
    if not mail.host:
        return
    if any(each in mail.sender for each in "\r\n\x00<>") or mail.sender.count("@") != 1:
        raise SetupError(
            detail=f"{where.of('mail', 'sender')}: sender is {mail.sender!r}; write an address such as house@example.org"
        )
    if mail.security == "none" and mail.host not in ("127.0.0.1", "::1", "localhost"):
        raise SetupError(
            detail=f"{where.of('mail', 'security')}: security is none, but {mail.host} is another machine; write tls or starttls"
        )
    try:
        _ = mail.password
    except (OSError, UnicodeDecodeError) as problem:
        raise SetupError(
            detail=f"{where.of('mail', 'password_file')}: {mail.password_file} cannot be read"
        ) from problem


def _check_database(config: Config, where: _Places) -> None:
    """The url may hold a password, so it is never repeated."""
    database = config.database
    if not database.url:
        return
    try:
        parts = urlsplit(database.url)
        is_whole = parts.scheme in ("postgresql", "postgres") and len(parts.path) > 1
        # this one would be shown wherever settings are
        is_whole = is_whole and "password" not in parse_qs(parts.query, keep_blank_values=True)
    except ValueError:
        is_whole = False
    if not is_whole or "\x00" in database.url:
        raise SetupError(
            detail=f"{where.of('database', 'url')}: url is not the address of a PostgreSQL database; write one like "
            "postgresql://user@host/name, or leave it empty for a SQLite file"
        )
    try:
        _ = database.password
    except (OSError, UnicodeDecodeError) as problem:
        raise SetupError(
            detail=f"{where.of('database', 'password_file')}: {database.password_file} cannot be read"
        ) from problem


_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61}[a-z0-9])")
_PREFIX = re.compile(r"[A-Za-z0-9_-]{1,60}(?:/[A-Za-z0-9_-]{1,60}){0,4}")


def _check_bucket(config: Config, where: _Places) -> None:
    bucket = config.bucket
    if not bucket.name:
        return
    if not _BUCKET.fullmatch(bucket.name):
        raise SetupError(
            detail=f"{where.of('bucket', 'name')}: {bucket.name!r} is not the name of a bucket; write one like agora-pictures"
        )
    if bucket.prefix and not _PREFIX.fullmatch(bucket.prefix):
        raise SetupError(
            detail=f"{where.of('bucket', 'prefix')}: prefix is {bucket.prefix!r}; write letters and digits such as agora, "
            "without a slash at its ends"
        )
    if not bucket.region.isascii() or not bucket.region.replace("-", "").isalnum():
        raise SetupError(
            detail=f"{where.of('bucket', 'region')}: region is {bucket.region!r}; write one such as eu-central-1"
        )
    host = _check_endpoint(config, where)
    if config.network.socks_proxy and not is_this_machine(host):
        raise SetupError(
            detail=f"{where.of('bucket', 'name')}: what is sent to the store would go around socks_proxy; leave the bucket "
            "empty, or use a store on this machine"
        )
    if not bucket.key_id or not bucket.key_file:
        raise SetupError(
            detail=f"{where.of('bucket', 'name')}: a bucket needs both key_id and key_file"
        )
    try:
        is_empty = not bucket.key
    except (OSError, UnicodeDecodeError) as problem:
        raise SetupError(
            detail=f"{where.of('bucket', 'key_file')}: {bucket.key_file} cannot be read"
        ) from problem
    if is_empty:
        raise SetupError(detail=f"{where.of('bucket', 'key_file')}: {bucket.key_file} is empty")


def _check_endpoint(config: Config, where: _Places) -> str:
    """The host of the store; empty when it is Amazon's."""
    text, place = config.bucket.endpoint, where.of("bucket", "endpoint")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        scheme, host, _ = parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        scheme, host, rest = "", "", ""
    else:
        rest = f"{parts.path.strip('/')}{parts.query}{parts.fragment}{'@' if '@' in parts.netloc else ''}"
    if not host or rest or not text.isascii() or scheme not in ("https", "http"):
        # it may hold a password, so it is not repeated
        raise SetupError(
            detail=f"{place}: endpoint is not the address of a store; write one like https://s3.example.org, without a path "
            "and without the name of the bucket"
        )
    if scheme == "http" and not is_this_machine(host):
        raise SetupError(
            detail=f"{place}: endpoint is plain http, but {host} is another machine; write https"
        )
    return host


def _check_proxy(config: Config, where: _Places) -> None:
    text, place = config.network.socks_proxy, where.of("network", "socks_proxy")
    if not text:
        return
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    else:
        if parts.scheme != "socks5h":
            raise SetupError(
                detail=f"{place}: socks_proxy is {text!r}; write socks5h://…: the proxy must resolve names, not this machine"
            )
        if parts.username is not None or parts.path or parts.query or parts.fragment:
            raise SetupError(
                detail=f"{place}: socks_proxy takes no user, password or path (they keep circuits apart); "
                "write socks5h://127.0.0.1:9050"
            )
    try:
        ipaddress.ip_address(host)
    except ValueError:
        port = None
    if not port:
        raise SetupError(
            detail=f"{place}: socks_proxy is {text!r}; write an address and a port, such as socks5h://127.0.0.1:9050: "
            "no name is resolved here"
        )
    if config.network.allowed_networks:
        raise SetupError(
            detail=f"{where.of('network', 'allowed_networks')}: with a socks_proxy nothing is reached but through it; "
            "leave allowed_networks empty"
        )


def _check_pairs(config: Config, where: _Places) -> None:
    for pair in config.delivery.inbox_elsewhere:
        hosts = pair.split()
        if len(hosts) != 2 or hosts[0] == hosts[1] or not all(map(_HOST.fullmatch, hosts)):
            raise SetupError(
                detail=f"{where.of('delivery', 'inbox_elsewhere')}: inbox_elsewhere has {pair!r}, which is not a pair of hosts; write the host of the "
                'accounts, a space and the host of their inboxes, such as "actors.example inbox.example"'
            )


def _check_backup(config: Config, where: _Places) -> None:
    for recipient in config.backup.recipients:
        if not re.fullmatch(r"age1[02-9ac-hj-np-z]{58}", recipient):
            raise SetupError(
                detail=f"{where.of('backup', 'recipients')}: this is not a public key of age; write one like age1…, "
                "and never the secret key, AGE-SECRET-KEY-1…"
            )
    if not config.backup.folder:
        raise SetupError(
            detail=f'{where.of("backup", "folder")}: folder is empty; write one such as "backups"'
        )


def _check_numbers(config: Config, where: _Places) -> None:
    for section, setting, value, least, most in (
        ("server", "requests_per_source", config.server.requests_per_source, 0, 10_000_000),
        ("storage", "readers", config.storage.readers, 1, 16),
        ("database", "writers", config.database.writers, 1, 64),
        ("network", "timeout_s", config.network.timeout_s, 1, 300),
        ("inbox", "body_bytes_max", config.inbox.body_bytes_max, 65_536, 16_777_216),
        ("inbox", "backlog_max", config.inbox.backlog_max, 100, 10_000_000),
        ("inbox", "host_per_minute", config.inbox.host_per_minute, 1, 10_000_000),
        ("inbox", "follows_per_host", config.inbox.follows_per_host, 1, 10_000_000),
        ("inbox", "strangers_per_hour", config.inbox.strangers_per_hour, 1, 10_000_000),
        ("mail", "port", config.mail.port, 1, 65535),
        ("people", "session_idle_hours", config.people.session_idle_hours, 1, 24 * 90),
        ("people", "session_days", config.people.session_days, 1, 365),
        ("people", "journal_days", config.people.journal_days, 0, 3650),
        ("inbox", "new_actors_per_host", config.inbox.new_actors_per_host, 1, 10_000_000),
        ("inbox", "new_hosts_per_domain", config.inbox.new_hosts_per_domain, 1, 10_000_000),
        ("inbox", "hold_accounts_younger_days", config.inbox.hold_accounts_younger_days, 0, 3650),
        ("inbox", "hold_mentions_above", config.inbox.hold_mentions_above, 0, 1000),
        ("inbox", "hold_same_words_hosts", config.inbox.hold_same_words_hosts, 0, 1000),
        ("inbox", "relayed_per_hour", config.inbox.relayed_per_hour, 1, 10_000_000),
        ("inbox", "workers", config.inbox.workers, 1, 64),
        ("delivery", "concurrency", config.delivery.concurrency, 1, 1000),
        ("delivery", "per_host", config.delivery.per_host, 1, 16),
        ("delivery", "give_up_days", config.delivery.give_up_days, 1, 60),
        ("media", "cache_bytes_max", config.media.cache_bytes_max, 0, 1_099_511_627_776),
        ("media", "cache_days_max", config.media.cache_days_max, 1, 365),
        ("bucket", "timeout_s", config.bucket.timeout_s, 1, 120),
        ("backup", "every_hours", config.backup.every_hours, 0, 24 * 366),
        ("backup", "keep", config.backup.keep, 0, 10_000),
        ("log", "slow_statement_ms", config.log.slow_statement_ms, 0, 3_600_000),
        # a letter signed with a replaced key may wait as long as a delivery may be tried
        ("retention", "retired_keys_days", config.retention.retired_keys_days, 60, 3650),
        *(
            ("retention", each.name, getattr(config.retention, each.name), 1, 3650)
            for each in fields(config.retention)
        ),
    ):
        if not least <= value <= most:
            raise SetupError(
                detail=f"{where.of(section, setting)}: {setting} is {value}; write a number from {least} to {most}"
            )


def render_example() -> str:
    """The text of `config.example.toml`: every setting, its default and its sentence."""
    lines = [
        "# Every setting of the server with its default. Copy this file to config.toml and keep what you change.",
        "# An environment variable wins over the file: FEDI_ + section + _ + setting, as in FEDI_INSTANCE_BASE_URL.",
    ]
    for section, kind in SECTIONS.items():
        lines += ["", f"# {(kind.__doc__ or '').strip()}", f"[{section}]"]
        for each in fields(kind):
            assert each.default is not MISSING
            lines += ["", f"# {each.metadata['doc']}", f"{each.name} = {_toml(each.default)}"]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
