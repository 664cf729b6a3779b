"""Small files that belong to the site: style and icons, the manifest, `robots.txt`."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from actors.store import list_collectives
from fedi.assets import Asset, shipped
from fedi.errors import NotFound
from fedi.instance import Instance
from fedi.web.answer import answer_text, is_known, takes_gzip
from fedi.web.pages.frame import visitor_here
from fedi.web.site import site_of

FOR_EVER: Final = "public, max-age=31536000, immutable"
A_DAY: Final = "public, max-age=86400"
ICON: Final = "icon.ico"


async def static(_instance: Instance, request: Request) -> Response:
    """A file under its hashed name."""
    asset = shipped().by_path.get(request.url.path)
    if asset is None:
        raise NotFound(detail="no such file")
    return _file(request, asset, FOR_EVER)


async def favicon(_instance: Instance, request: Request) -> Response:
    """For those who ask without looking at the page."""
    return _file(request, shipped().by_name[ICON], A_DAY)


async def manifest(instance: Instance, request: Request) -> Response:
    """How the site is called and looks when it is put on a home screen."""
    visitor = visitor_here(instance, request)
    site = site_of(instance.config, instance.urls, await instance.look(list_collectives))
    path = shipped().path
    document = {
        "name": site.name.text,
        "short_name": site.name.text[:30],
        "lang": site.name.lang or visitor.language,
        "dir": site.name.dir,
        "start_url": "/",
        "display": "minimal-ui",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": [
            {"src": path("mark.svg"), "sizes": "any", "type": "image/svg+xml"},
            {"src": path("icon-512.png"), "sizes": "512x512", "type": "image/png"},
            {
                "src": path("icon-512.png"),
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
        ],
    }
    return answer_text(
        request, msgspec.json.encode(document), "application/manifest+json", cache=A_DAY
    )


async def robots(instance: Instance, request: Request) -> Response:
    """Search engines are welcome when a collective here wants to be found; never in forms and doors."""
    collectives = await instance.look(list_collectives)
    if any(each.indexable for each in collectives):
        lines = [
            "User-agent: *",
            "Disallow: /language",
            "Disallow: /*?after=",
            "Disallow: /*?lang=",
        ]
    else:
        lines = ["User-agent: *", "Disallow: /"]
    return answer_text(
        request, ("\n".join(lines) + "\n").encode(), "text/plain; charset=utf-8", cache=A_DAY
    )


def _file(request: Request, asset: Asset, cache: str) -> Response:
    headers = {"vary": "Accept-Encoding", "cache-control": cache, "etag": asset.etag}
    if is_known(request, asset.etag):
        return Response(status_code=304, headers=headers)
    body = asset.body
    if asset.gzipped is not None and takes_gzip(request):
        body = asset.gzipped
        headers["content-encoding"] = "gzip"
        # The same file in another coding is another representation.
        headers["etag"] = f"W/{asset.etag}"
    return Response(body, headers={**headers, "content-type": asset.media_type})
