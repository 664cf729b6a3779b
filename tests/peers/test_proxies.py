"""The doctor behind real proxies: all is well behind the files of docs/deploy, and each mistake made on purpose is named.

nginx and Caddy run as children of the test, on loopback, with certificates made for it.
"""

import asyncio
import json
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trustme

from actors import births
from fedi.app import assemble
from fedi.config import Config, parse_config
from fedi.doctor.finding import Finding, Verdict
from fedi.doctor.run import OUTSIDE, examine
from fedi.http.server import serve
from fedi.opening import Outside, open_instance
from inbox.limits import HostLimits
from tests.harness.chance import first_of

pytestmark = pytest.mark.peer

ROOT = Path(__file__).parents[2]
NGINX = (ROOT / "docs" / "deploy" / "nginx.conf").read_text(encoding="utf-8")
CADDY = (ROOT / "docs" / "deploy" / "Caddyfile").read_text(encoding="utf-8")
HOST = "agora.test"
READY_S = 15.0
AUTHORITY: list[trustme.CA] = []

# name → (text of docs/deploy/nginx.conf, what stands there instead), and what the doctor must say: key → line of repair
MISTAKES = {
    "host": (
        [("proxy_set_header Host $http_host;", "")],
        {"doctor.host.altered": "proxy_set_header Host $http_host;"},
    ),
    "scheme": (
        [("proxy_set_header X-Forwarded-Proto $scheme;", "")],
        {"doctor.scheme.missing": "proxy_set_header X-Forwarded-Proto $scheme;"},
    ),
    "source": (
        [("proxy_set_header X-Forwarded-For $remote_addr;", "")],
        {"doctor.scheme.no_source": "proxy_set_header X-Forwarded-For $remote_addr;"},
    ),
    "cache": (
        [("proxy_cache off;", "proxy_cache mixed; proxy_ignore_headers Vary;")],
        {"doctor.cache.document_for_people": "proxy_cache off;"},
    ),
    "vary": (
        [("proxy_cache off;", "proxy_hide_header Vary;")],
        {"doctor.cache.no_vary": "proxy_cache off;"},
    ),
    "body": (
        [("client_max_body_size 10m;", "client_max_body_size 512k;")],
        {"doctor.body.cut": "client_max_body_size 10m;"},
    ),
    "path": (
        [("proxy_pass http://fedi;", "proxy_pass http://fedi/;")],
        {"doctor.path.altered": "proxy_pass http://fedi;"},
    ),
    "signature": (
        [("proxy_cache off;", 'proxy_set_header Signature "";')],
        {"doctor.signature.lost": "proxy_pass http://fedi;"},
    ),
    "inbox": (
        [("location / {", "location /inbox { deny all; }\n    location / {")],
        {"doctor.inbox.closed": "proxy_pass http://fedi;"},
    ),
    "everything": (
        [
            ("proxy_set_header Host $http_host;", ""),
            ("proxy_set_header X-Forwarded-Proto $scheme;", ""),
            ("proxy_cache off;", "proxy_cache mixed; proxy_ignore_headers Vary;"),
            ("client_max_body_size 10m;", "client_max_body_size 512k;"),
        ],
        {
            "doctor.host.altered": "proxy_set_header Host $http_host;",
            "doctor.scheme.missing": "proxy_set_header X-Forwarded-Proto $scheme;",
            "doctor.cache.document_for_people": "proxy_cache off;",
            "doctor.body.cut": "client_max_body_size 10m;",
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Site:
    """A folder with certificate and configuration for one instance behind one proxy."""

    folder: Path
    host: str
    port: int
    config: Config

    @property
    def socket(self) -> str:
        return self.config.server.bind

    def resolve(self, host: str, port: int) -> list[tuple[str, int]]:
        assert (host, port) == (self.host, self.port)
        return [("127.0.0.1", port)]

    def replaced(self, text: str, *pairs: tuple[str, str]) -> str:
        """`text` with each pair's first by its second; a first that is not there means a stale test."""
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new)
        return text

    def nginx(self, changes: Sequence[tuple[str, str]] = ()) -> str:
        """The file of docs/deploy as a whole configuration for this place. Port 80 stays closed."""
        text = (
            NGINX[: NGINX.index("server {\n    listen 80")]
            + NGINX[NGINX.index("server {\n    listen 443") :]
        )
        text = self.replaced(
            text,
            *changes,
            ("unix:/run/fedi/fedi.sock", self.socket),
            ("    listen [::]:443 ssl http2;\n", ""),
            ("listen 443 ssl http2;", f"listen 127.0.0.1:{self.port} ssl http2;"),
            ("server_name example.org;", f"server_name {self.host};"),
            ("/etc/letsencrypt/live/example.org/fullchain.pem", f"{self.folder}/chain.pem"),
            ("/etc/letsencrypt/live/example.org/privkey.pem", f"{self.folder}/key.pem"),
        )
        temporary = "".join(
            f"    {name}_temp_path {self.folder}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        return (
            f"user root;\ndaemon off;\nmaster_process off;\nworker_processes 1;\npid {self.folder}/nginx.pid;\n"
            f"error_log {self.folder}/error.log;\nevents {{}}\nhttp {{\n{temporary}"
            f"    proxy_cache_path {self.folder}/cache keys_zone=mixed:1m;\n{text}\n}}\n"
        )

    def caddy(self) -> str:
        """The Caddyfile of docs/deploy for this place, with a certificate instead of an authority to ask."""
        text = self.replaced(
            CADDY,
            ("unix//run/fedi/fedi.sock", self.socket.replace("unix:", "unix/")),
            (
                "\nexample.org {\n",
                f"\nhttps://{self.host}:{self.port} {{\n\tbind 127.0.0.1\n"
                f"\ttls {self.folder}/chain.pem {self.folder}/key.pem\n",
            ),
        )
        return "{\n\tadmin off\n\tauto_https off\n}\n" + text


@asynccontextmanager
async def an_instance(
    host: str = HOST, trusted: str = '["127.0.0.1"]', *, runs: bool = True
) -> AsyncIterator[Site]:
    """An instance with one collective that listens at a socket, and a port on which its proxy is to listen."""
    if not AUTHORITY:
        AUTHORITY.append(trustme.CA())
    with TemporaryDirectory(prefix="fedi-proxy-") as name:
        folder = Path(name)
        issued = AUTHORITY[0].issue_cert(host)
        AUTHORITY[0].cert_pem.write_to_path(str(folder / "authority.pem"))
        issued.private_key_pem.write_to_path(str(folder / "key.pem"))
        (folder / "chain.pem").write_bytes(b"".join(p.bytes() for p in issued.cert_chain_pems))
        port = a_free_port()
        text = (
            f'[instance]\nbase_url = "https://{host}:{port}"\n[server]\nbind = "unix:{folder}/fedi.sock"\n'
            f'trusted_proxies = {trusted}\n[storage]\nfolder = "data"\n'
            f'[network]\nextra_ca_file = "{folder}/authority.pem"\n'
        )
        (folder / "config.toml").write_text(text, encoding="utf-8")
        config = parse_config(text, {}, folder / "config.toml")
        site = Site(folder, host, port, config)
        async with open_instance(config, Outside(resolver=site.resolve)) as instance:
            await births.add_collective(instance, births.NewCollective("agora", "Agora"))
            if not runs:
                yield site
                return
            stop, ready = asyncio.Event(), asyncio.Event()
            serving = asyncio.create_task(
                serve(
                    assemble(instance, HostLimits(1_000_000)),
                    bind=config.server.bind,
                    trusted_proxies=config.server.trusted_proxies,
                    on_ready=lambda _address: ready.set(),
                    stop=stop,
                    grace_s=0.2,
                )
            )
            await ready.wait()
            try:
                yield site
            finally:
                stop.set()
                await serving


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def a_proxy(site: Site, program: str, text: str) -> AsyncIterator[None]:
    """The program with this configuration, answering at the site's port; ended by its id."""
    place = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if place is None:
        pytest.skip(f"{program} is not installed: see tests/debian-packages.txt")
    file = site.folder / f"{program}.conf"
    file.write_text(text, encoding="utf-8")
    arguments = {
        "nginx": ["-c", str(file), "-p", str(site.folder), "-e", str(site.folder / "error.log")],
        "caddy": ["run", "--config", str(file), "--adapter", "caddyfile"],
    }
    log = (site.folder / f"{program}.out").open("wb")
    child = await asyncio.create_subprocess_exec(
        place,
        *arguments[program],
        stdout=log,
        stderr=log,
        env={"HOME": str(site.folder), "PATH": "/usr/bin:/bin"},
    )
    try:
        await until_listening(site, child, program)
        yield
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()
        log.close()


async def until_listening(site: Site, child: asyncio.subprocess.Process, program: str) -> None:
    async with asyncio.timeout(READY_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", site.port)
            except ConnectionRefusedError:
                if child.returncode is not None:
                    said = (site.folder / f"{program}.out").read_text(encoding="utf-8")
                    pytest.fail(f"{program} did not start: {said}")
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


async def examined(site: Site) -> list[Finding]:
    return [each async for each in examine(site.config, Outside(resolver=site.resolve))]


def complaints(findings: Sequence[Finding]) -> set[str]:
    """What is not well among the things that can be seen from outside."""
    names = {name for name, _ in OUTSIDE}
    return {
        each.key
        for each in findings
        if each.check in names and each.verdict in (Verdict.WARNING, Verdict.FAULT)
    }


@pytest.mark.parametrize("program", ["nginx", "caddy"])
async def test_all_is_well_behind_the_proxy_of_the_guide(program: str) -> None:
    async with an_instance() as site:
        text = site.nginx() if program == "nginx" else site.caddy()
        async with a_proxy(site, program, text):
            findings = await examined(site)
    assert complaints(findings) == set()
    # only what a machine alone on loopback cannot have: a name that others can follow, and a proxy for the way out
    assert {each.check for each in findings if each.verdict is Verdict.SKIPPED} == {"names", "way"}


@pytest.mark.parametrize("mistake", first_of(MISTAKES))
async def test_a_mistake_in_the_proxy_is_named_with_its_repair(mistake: str) -> None:
    changes, expected = MISTAKES[mistake]
    async with an_instance() as site, a_proxy(site, "nginx", site.nginx(changes)):
        findings = {each.key: each for each in await examined(site)}
    assert expected.keys() <= findings.keys()
    for key, line in expected.items():
        printed = {line for lines in findings[key].lines for line in lines.text}
        assert line in printed


async def test_the_host_alone_spoils_signatures_and_inbox_too() -> None:
    changes, _ = MISTAKES["host"]
    async with an_instance() as site, a_proxy(site, "nginx", site.nginx(changes)):
        found = complaints(await examined(site))
    assert {"doctor.host.altered", "doctor.signature.host", "doctor.inbox.host"} <= found


async def test_a_small_mistake_is_the_only_complaint() -> None:
    changes, expected = MISTAKES["body"]
    async with an_instance() as site, a_proxy(site, "nginx", site.nginx(changes)):
        assert complaints(await examined(site)) == set(expected)


async def test_a_proxy_that_is_not_believed_is_told_to_be_named() -> None:
    async with (
        an_instance(trusted="[]") as site,
        a_proxy(site, "nginx", site.nginx()),
    ):
        assert complaints(await examined(site)) == {"doctor.scheme.not_trusted"}


async def test_a_proxy_without_a_server_behind_it_is_told_apart_from_no_proxy() -> None:
    async with an_instance(runs=False) as site:
        async with a_proxy(site, "nginx", site.nginx()):
            behind = complaints(await examined(site))
        alone = complaints(await examined(site))
    assert behind == {"doctor.reach.behind"}
    assert alone == {"doctor.reach.silent"}


async def test_the_command_tells_scripts_what_is_wrong() -> None:
    changes, _ = MISTAKES["everything"]
    async with (
        an_instance("localhost") as site,
        a_proxy(site, "nginx", site.nginx(changes)),
    ):
        command = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fedi", "doctor", "--json", "--config", str(site.folder / "config.toml"),
            cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await command.communicate()
    document = json.loads(said)
    lines = {
        line for each in document["findings"] for line in each["lines"].get("nginx", []) if line
    }
    assert command.returncode == 2
    assert document["verdict"] == "fault"
    assert {"proxy_set_header Host $http_host;", "client_max_body_size 10m;"} <= lines
