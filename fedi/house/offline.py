"""For a bad line: the script that keeps a few public things in the browser, and the page that it shows when nothing comes.

Only members' browsers ever hear of it: pages for everybody carry no script. Signing out empties what it kept.
"""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from fedi.assets import shipped
from fedi.house.frame import POLICY
from fedi.instance import Instance
from fedi.web.answer import answer_text
from fedi.web.pages.frame import show, visitor_here
from fedi.web.site import Head, site_of

PAGE: Final = "/offline"
_SHELL: Final = ("style.css", "house.css", "icons.svg", "mark.svg", "offline.js")
# A browser asks for it again with every visit: a new version of the house is there at once.
_FRESH: Final = "no-cache"
_POLICY: Final = "default-src 'none'; connect-src 'self'"


async def worker(_instance: Instance, request: Request) -> Response:
    """The script, with the addresses of what it keeps."""
    assets = shipped()
    shell = [assets.path(name) for name in _SHELL]
    # the name of the script's own file changes with what is in it, those of the others with what is in them
    version = "".join(path.rsplit(".", 2)[1] for path in (*shell, assets.path("worker.js")))[:60]
    values = {"SHELL": shell, "OFFLINE": PAGE, "VERSION": version}
    lines = [
        f"const {name} = {msgspec.json.encode(value).decode()};" for name, value in values.items()
    ]
    body = " ".join(lines).encode() + b"\n" + assets.by_name["worker.js"].body
    return answer_text(
        request,
        body,
        "text/javascript; charset=utf-8",
        cache=_FRESH,
        headers={"content-security-policy": _POLICY},
    )


async def page(instance: Instance, request: Request) -> Response:
    """What is shown when nothing comes: what was read last, and that nothing is lost."""
    visitor = visitor_here(instance, request)
    head = Head(
        title=visitor.t("house.offline.title"),
        canonical=f"{instance.urls.base}{PAGE}",
        is_indexed=False,
    )
    return show(
        request,
        "house/offline.html",
        visitor,
        site_of(instance.config, instance.urls),
        head,
        headers={"content-security-policy": POLICY, "cache-control": _FRESH},
    )
