"""The lines that mend a proxy or our own configuration. docs/deploy holds the same lines; a test compares them."""

from typing import Final

from fedi.doctor.finding import Lines

NGINX: Final = "nginx"
CADDY: Final = "Caddy"
CONFIG: Final = "config.toml"
SHELL: Final = "shell"

_CADDY_LINE: Final = "reverse_proxy unix//run/fedi/fedi.sock"

HOST: Final = (
    Lines(NGINX, ("proxy_set_header Host $http_host;",)),
    Lines(CADDY, (_CADDY_LINE,)),
)
SCHEME: Final = (
    Lines(NGINX, ("proxy_set_header X-Forwarded-Proto $scheme;",)),
    Lines(CADDY, (_CADDY_LINE,)),
)
SOURCE: Final = (
    Lines(NGINX, ("proxy_set_header X-Forwarded-For $remote_addr;",)),
    Lines(CADDY, (_CADDY_LINE,)),
)
PATH: Final = (
    Lines(NGINX, ("proxy_pass http://fedi;",)),
    Lines(CADDY, (_CADDY_LINE,)),
)
BODY: Final = (
    Lines(NGINX, ("client_max_body_size 10m;",)),
    Lines(CADDY, ("request_body {", "max_size 10MB", "}")),
)
CACHE: Final = (
    Lines(NGINX, ("proxy_cache off;",)),
    Lines(CADDY, (_CADDY_LINE,)),
)
EVERYTHING: Final = (
    Lines(NGINX, ("location / {", "proxy_pass http://fedi;", "}")),
    Lines(CADDY, (_CADDY_LINE,)),
)
CERTIFICATE: Final = (
    Lines(NGINX, ("ssl_certificate /etc/letsencrypt/live/example.org/fullchain.pem;",)),
)
TRUSTED: Final = (Lines(CONFIG, ("[server]", 'trusted_proxies = ["127.0.0.1"]')),)


def shell(*commands: str) -> Lines:
    """Commands to type."""
    return Lines(SHELL, commands)


def setting(section: str, line: str) -> Lines:
    """A line of our own configuration."""
    return Lines(CONFIG, (f"[{section}]", line))
