"""Settings: what is wrong is named by its line or its variable together with what to write; what is right arrives."""

from dataclasses import fields
from pathlib import Path

import pytest

from fedi.config import SECTIONS, Config, load_config, parse_config, render_example
from fedi.errors import SetupError

FILE = Path("/etc/fedi/config.toml")
BASE_URL = "FEDI_INSTANCE_BASE_URL"


def complaint(
    text: str, environment: dict[str, str] | None = None, path: Path | None = FILE
) -> str:
    with pytest.raises(SetupError) as caught:
        parse_config(text, environment or {}, path)
    return caught.value.detail


def value_of(config: Config, name: str) -> object:
    section, _, setting = name.partition(".")
    return getattr(getattr(config, section), setting)


WRONG_LINES = [
    ('[instance]\nbase_url = "agora.example"', 2, "https://your.host"),
    ('[instance]\nbase_url = "ftp://agora.example"', 2, "https://your.host"),
    ('[instance]\nbase_url = "https://"', 2, "https://your.host"),
    ('[instance]\nbase_url = ""', 2, "https://your.host"),
    ('[instance]\nbase_url = "https://h.example:99999"', 2, "https://your.host"),
    ('[instance]\nbase_url = "https://[::1"', 2, "https://your.host"),
    ('[instance]\nbase_url = "https://h.example/fedi"', 2, "no path"),
    ('[instance]\nbase_url = "https://h.example/?a=b"', 2, "no path, query"),
    ('[instance]\nbase_url = "https://h.example#top"', 2, "https://your.host"),
    ('[instance]\nbase_url = "https://me@h.example"', 2, "user"),
    ('[instance]\nbase_url = "https://جوار.example"', 2, "xn--"),
    ('[instance]\nbase_url = "https://h.example:443"', 2, "leave out the port 443"),
    ('[instance]\nbase_url = "http://h.example:80"', 2, "leave out the port 80"),
    ("[instance]\nbase_url = 7", 2, "a text in quotes"),
    ("[instance]\nname = true", 2, "a text in quotes"),
    ('[instance]\nlanguage = "de"', 2, "ar, en, es, fr"),
    ('[instance]\ntimezone = "Tunis"', 2, "Africa/Tunis"),
    ('[instance]\ntimezone = ""', 2, "Africa/Tunis"),
    ('[instance]\ntimezone = "../../etc/passwd"', 2, "Africa/Tunis"),
    ('[instance]\nposture = "Open"', 2, "open, guarded, closed"),
    ('[instance]\nactor_type = "Person"', 2, "Group, Organization"),
    ('[instance]\ndigits = "roman"', 2, "latin, arabic"),
    ('[server]\nbind = "8080"', 2, "127.0.0.1:8080"),
    ('[server]\nbind = ":8080"', 2, "127.0.0.1:8080"),
    ('[server]\nbind = "127.0.0.1:http"', 2, "127.0.0.1:8080"),
    ('[server]\nbind = "127.0.0.1:65536"', 2, "127.0.0.1:8080"),
    ('[server]\nbind = "unix:"', 2, "unix:/run/fedi.sock"),
    ('[server]\ntrusted_proxies = "127.0.0.1"', 2, '["one", "two"]'),
    ("[server]\ntrusted_proxies = [127]", 2, '["one", "two"]'),
    ('[server]\ntrusted_proxies = ["proxy.example"]', 2, "10.0.0.0/8"),
    ('[server]\ntrusted_proxies = ["10.0.0.1/8"]', 2, "10.0.0.0/8"),
    ("[server]\nrequests_per_source = -1", 2, "from 0 to"),
    ("[storage]\nreaders = 0", 2, "from 1 to 16"),
    ("[storage]\nreaders = 17", 2, "from 1 to 16"),
    ("[storage]\nreaders = 2.5", 2, "a whole number"),
    ("[storage]\nreaders = true", 2, "a whole number"),
    ('[network]\nallowed_networks = ["unix"]', 2, "10.0.0.0/8"),
    ('[network]\nunsafe_allow_http = "yes"', 2, "true or false"),
    ("[network]\nunsafe_allow_http = 1", 2, "true or false"),
    ('[network]\ntimeout_s = "20"', 2, "a number"),
    ("[network]\ntimeout_s = true", 2, "a number"),
    ("[network]\ntimeout_s = 0.5", 2, "from 1 to 300"),
    ("[network]\ntimeout_s = nan", 2, "from 1 to 300"),
    ("[network]\ntimeout_s = inf", 2, "from 1 to 300"),
    ("[inbox]\nbody_bytes_max = 100", 2, "from 65536 to 16777216"),
    ("[inbox]\nworkers = 65", 2, "from 1 to 64"),
    ("[delivery]\nper_host = 0", 2, "from 1 to 16"),
    ("[media]\ncache_days_max = 366", 2, "from 1 to 365"),
    ('[bucket]\nname = "Pictures"', 2, "agora-pictures"),
    ('[bucket]\nname = "pictures"\nprefix = "/a/"', 3, "without a slash"),
    ('[bucket]\nname = "pictures"\nprefix = "../a"', 3, "without a slash"),
    ('[bucket]\nname = "pictures"\nregion = "a/b"', 3, "eu-central-1"),
    ('[bucket]\nname = "pictures"\nendpoint = "s3.example.org"', 3, "https://s3.example.org"),
    ('[bucket]\nname = "pictures"\nendpoint = "https://s3.example.org/b"', 3, "without a path"),
    ('[bucket]\nname = "pictures"\nendpoint = "https://a:b@s3.example.org"', 3, "without a path"),
    ('[bucket]\nname = "pictures"\nendpoint = "https://:b@s3.example.org"', 3, "without a path"),
    ('[bucket]\nname = "pictures"\nendpoint = "https://[::1"', 3, "without a path"),
    ('[bucket]\nname = "pictures"\nendpoint = "http://s3.example.org"', 3, "write https"),
    ('[bucket]\nname = "pictures"', 2, "both key_id and key_file"),
    ('[bucket]\nname = "pictures"\nkey_id = "a"\nkey_file = "/none"', 4, "cannot be read"),
    ('[bucket]\nname = "pictures"\nkey_id = "a"\nkey_file = "/dev/null"', 4, "is empty"),
    (
        '[network]\nsocks_proxy = "socks5h://127.0.0.1:9050"\n[bucket]\nname = "pictures"',
        4,
        "around socks_proxy",
    ),
    ("[bucket]\ntimeout_s = 0", 2, "from 1 to 120"),
    ('[log]\nlevel = "loud"', 2, "debug, info, warning, error"),
    ('[log]\nformat = "xml"', 2, "text, json"),
    ('[log]\n\n# words\n"level" = "loud"', 4, "debug, info, warning, error"),
    ('  [ log ]\n  level="loud"', 2, "debug, info, warning, error"),
    ('[instance]\nname = "x"\n\n[inbox]\nworkers = 0', 5, "from 1 to 64"),
    ('[instance]\nnam = "x"', 2, "known ones: actor_type, base_url"),
    ('[instance]\nname = "x"\n\n[outbox]\nx = 1', 4, "known ones: instance, server"),
    ("\ninstance = 5", 2, "must be a section"),
    ("log = []", 1, "must be a section"),
    ("[[log]]\nlevel = 1", 1, "must be a section"),
    ("loud = true", 1, "known ones: instance, server"),
    ('[server]\ntls_certificate = "c.pem"', 2, "both tls_certificate and tls_key"),
]


@pytest.mark.parametrize(("text", "line", "repair"), WRONG_LINES)
def test_a_wrong_line_is_named_with_what_to_write(text: str, line: int, repair: str) -> None:
    said = complaint(text)
    assert said.startswith(f"{FILE}, line {line}: ")
    assert repair in said


def test_a_lonely_tls_key_is_refused_with_what_is_missing() -> None:
    assert "both tls_certificate and tls_key" in complaint('[server]\ntls_key = "k.pem"')


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[instance\n", 1),
        ("[instance]\nname = x", 2),
        ('[instance]\nname = "a"\nname = "b"\n', 3),
        ('[log]\n\nlevel = "info\n', 3),
    ],
)
def test_what_is_no_toml_is_named_by_its_line(text: str, line: int) -> None:
    said = complaint(text)
    assert "not valid TOML" in said
    assert f"line {line}" in said


@pytest.mark.parametrize(
    ("variable", "value", "repair"),
    [
        (BASE_URL, "agora.example", "https://your.host"),
        ("FEDI_INSTANCE_POSTURE", "", "open, guarded, closed"),
        ("FEDI_INSTANCE_TIMEZONE", "Mars/Base", "Africa/Tunis"),
        ("FEDI_SERVER_BIND", "8080", "127.0.0.1:8080"),
        ("FEDI_SERVER_TRUSTED_PROXIES", "10.0.0.0/8, proxy", "10.0.0.0/8"),
        ("FEDI_NETWORK_UNSAFE_ALLOW_HTTP", "yes", "true or false"),
        ("FEDI_NETWORK_TIMEOUT_S", "soon", "a number"),
        ("FEDI_NETWORK_TIMEOUT_S", "nan", "from 1 to 300"),
        ("FEDI_STORAGE_READERS", "two", "a number"),
        ("FEDI_STORAGE_READERS", "2.0", "a number"),
        ("FEDI_STORAGE_READERS", "99", "from 1 to 16"),
        ("FEDI_LOG_LEVEL", "loud", "debug, info, warning, error"),
    ],
)
def test_a_wrong_variable_is_named_with_what_to_write(
    variable: str, value: str, repair: str
) -> None:
    said = complaint("", {variable: value})
    assert said.startswith(f"environment variable {variable}: ")
    assert repair in said


def test_the_variable_is_blamed_and_not_the_line_that_it_overrides() -> None:
    said = complaint('[log]\nlevel = "info"', {"FEDI_LOG_LEVEL": "loud"})
    assert said.startswith("environment variable FEDI_LOG_LEVEL: ")


def test_without_a_file_the_complaint_still_says_the_line() -> None:
    assert complaint('[log]\nlevel = "loud"', path=None).startswith("configuration, line 2: ")


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ('[instance]\nbase_url = "https://h.example"', "instance.base_url", "https://h.example"),
        ('[instance]\nbase_url = "https://h.example/"', "instance.base_url", "https://h.example/"),
        (
            '[instance]\nbase_url = "https://xn--mgb5a7c.example:8443"',
            "instance.base_url",
            "https://xn--mgb5a7c.example:8443",
        ),
        ('[instance]\nname = "جوار"', "instance.name", "جوار"),
        ('[instance]\ntimezone = "Africa/Tunis"', "instance.timezone", "Africa/Tunis"),
        ('[server]\nbind = "[::1]:8080"', "server.bind", "[::1]:8080"),
        ('[server]\nbind = "unix:/run/fedi.sock"', "server.bind", "unix:/run/fedi.sock"),
        ('[server]\ntrusted_proxies = ["unix"]', "server.trusted_proxies", ("unix",)),
        (
            '[server]\ntrusted_proxies = ["127.0.0.1", "fd00::/8"]',
            "server.trusted_proxies",
            ("127.0.0.1", "fd00::/8"),
        ),
        ("[server]\nrequests_per_source = 0", "server.requests_per_source", 0),
        ("[network]\ntimeout_s = 5", "network.timeout_s", 5.0),
        ("[network]\nunsafe_allow_http = true", "network.unsafe_allow_http", True),
        ("[media]\ncache_bytes_max = 0", "media.cache_bytes_max", 0),
        ('log.level = "debug"', "log.level", "debug"),
    ],
)
def test_a_right_setting_arrives(text: str, name: str, expected: object) -> None:
    assert value_of(parse_config(text, {}), name) == expected


@pytest.mark.parametrize(
    ("variable", "text", "name", "expected"),
    [
        (BASE_URL, "https://h.example", "instance.base_url", "https://h.example"),
        ("FEDI_INSTANCE_NAME", "", "instance.name", ""),
        ("FEDI_STORAGE_READERS", "4", "storage.readers", 4),
        ("FEDI_NETWORK_TIMEOUT_S", "2.5", "network.timeout_s", 2.5),
        ("FEDI_NETWORK_UNSAFE_ALLOW_HTTP", "TRUE", "network.unsafe_allow_http", True),
        ("FEDI_NETWORK_UNSAFE_ALLOW_HTTP", "1", "network.unsafe_allow_http", True),
        ("FEDI_INBOX_FOLLOW_MOVES", "false", "inbox.follow_moves", False),
        ("FEDI_INBOX_FOLLOW_MOVES", "0", "inbox.follow_moves", False),
        (
            "FEDI_SERVER_TRUSTED_PROXIES",
            "unix, 10.0.0.0/8,",
            "server.trusted_proxies",
            ("unix", "10.0.0.0/8"),
        ),
        ("FEDI_SERVER_TRUSTED_PROXIES", "", "server.trusted_proxies", ()),
    ],
)
def test_a_variable_is_read_as_its_setting_wants_it(
    variable: str, text: str, name: str, expected: object
) -> None:
    assert value_of(parse_config("", {variable: text}), name) == expected


def test_a_variable_wins_over_the_file() -> None:
    text = '[instance]\nname = "File"\nlanguage = "fr"'
    assert parse_config(text, {"FEDI_INSTANCE_NAME": "Variable"}).instance.name == "Variable"


def test_a_variable_leaves_the_rest_of_its_section_to_the_file() -> None:
    text = '[instance]\nname = "File"\nlanguage = "fr"'
    assert parse_config(text, {"FEDI_INSTANCE_NAME": "Variable"}).instance.language == "fr"


def test_every_setting_can_be_given_by_a_variable() -> None:
    usual = Config()
    environment = {
        f"FEDI_{section}_{each.name}".upper(): _as_variable(
            value_of(usual, f"{section}.{each.name}")
        )
        for section, kind in SECTIONS.items()
        for each in fields(kind)
    }
    contrary = render_example().replace("= 2\n", "= 3\n").replace('"en"', '"fr"')
    assert parse_config(contrary, {}) != usual
    assert parse_config(contrary, environment) == usual


def _as_variable(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def test_other_variables_are_nobodys_business() -> None:
    assert parse_config("", {"PATH": "/bin", "FEDI_NONSENSE": "x", "FEDI_LOG": "x"}) == Config()


def test_nothing_said_means_the_defaults() -> None:
    assert parse_config("", {}) == Config()


def test_the_example_says_the_defaults() -> None:
    assert parse_config(render_example(), {}) == Config()


def test_a_relative_data_folder_starts_beside_the_file(tmp_path: Path) -> None:
    config = parse_config('[storage]\nfolder = "kept/here"', {}, tmp_path / "config.toml")
    assert config.data_folder == (tmp_path / "kept" / "here").resolve()


def test_a_relative_data_folder_without_a_file_starts_where_we_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_config("", {}).data_folder == (tmp_path / "data").resolve()


def test_an_absolute_data_folder_stays_where_it_is(tmp_path: Path) -> None:
    config = parse_config(f'[storage]\nfolder = "{tmp_path}"', {}, FILE)
    assert config.data_folder == tmp_path.resolve()


def test_a_tilde_means_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_config('[storage]\nfolder = "~/fedi"', {}, FILE).data_folder == tmp_path / "fedi"


def test_a_missing_file_means_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "missing.toml"
    assert load_config(path, {}) == Config(path=path)


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes('[instance]\nname = "Café"'.encode("latin-1"))
    with pytest.raises(SetupError) as caught:
        load_config(path, {})
    assert str(path) in caught.value.detail


@pytest.mark.parametrize(
    ("section", "setting"),
    [
        (section, each.name)
        for section, kind in SECTIONS.items()
        for each in fields(kind)
        if each.type is int or each.type is float
    ],
)
@pytest.mark.parametrize("number", [-1, 10**18])
def test_no_number_is_without_bounds(section: str, setting: str, number: int) -> None:
    with pytest.raises(SetupError, match=f"{setting} is .*; write a number from"):
        parse_config(f"[{section}]\n{setting} = {number}\n", {})
