"""How others find us: WebFinger, host-meta, NodeInfo. Readable by everybody, in every posture."""

from importlib import metadata

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actors import nodeinfo, webfinger
from actors import store as actor_store
from fedi.errors import Gone, Invalid, NotFound
from fedi.faces.documents import answer, cache_key, remember, render
from fedi.faces.endpoint import endpoint
from fedi.instance import Instance
from fedi.vocab.terms import JRD_JSON

_ANYWHERE = {"access-control-allow-origin": "*"}


def program_version() -> str:
    """The version of this program, for NodeInfo and the user agent."""
    return metadata.version("mujawara")


def routes(instance: Instance) -> list[Route]:
    """The well-known addresses."""
    at = endpoint(instance)
    return [
        Route("/.well-known/webfinger", at(_webfinger), methods=["GET"]),
        Route("/.well-known/host-meta", at(_host_meta), methods=["GET"]),
        Route("/.well-known/host-meta.json", at(_host_meta_json), methods=["GET"]),
        Route("/.well-known/nodeinfo", at(_nodeinfo_links), methods=["GET"]),
        Route("/nodeinfo/{version}", at(_nodeinfo), methods=["GET"]),
    ]


async def _webfinger(instance: Instance, request: Request) -> Response:
    resources = request.query_params.getlist("resource")
    if len(resources) != 1 or not resources[0]:
        raise Invalid("webfinger.resource", field="resource")
    generation = instance.documents.generation
    found = await instance.look(lambda rx: webfinger.find_subject(rx, instance.urls, resources[0]))
    if found is None:
        raise NotFound("error.actor_not_found", detail="webfinger")
    if found.deleted_at is not None:
        raise Gone("error.gone", detail="webfinger")
    rendered = render(
        webfinger.build_jrd(found, instance.urls), found.uri, is_public=True, media_type=JRD_JSON
    )
    rendered = rendered.with_headers((b"access-control-allow-origin", b"*"))
    remember(instance, cache_key(request), rendered, generation)
    return answer(rendered, request)


async def _host_meta(instance: Instance, request: Request) -> Response:
    if "json" in request.headers.get("accept", ""):
        return await _host_meta_json(instance, request)
    return Response(
        webfinger.host_meta(instance.urls),
        media_type="application/xrd+xml",
        headers={**_ANYWHERE, "vary": "Accept"},
    )


async def _host_meta_json(instance: Instance, _request: Request) -> Response:
    return JSONResponse(
        webfinger.host_meta_json(instance.urls), headers={**_ANYWHERE, "vary": "Accept"}
    )


async def _nodeinfo_links(instance: Instance, _request: Request) -> Response:
    return JSONResponse(nodeinfo.links(instance.urls), headers=_ANYWHERE)


async def _nodeinfo(instance: Instance, request: Request) -> Response:
    version = request.path_params["version"]
    if version not in nodeinfo.VERSIONS:
        raise NotFound(detail="nodeinfo version")
    collectives = await instance.look(actor_store.list_collectives)
    name = instance.config.instance.name or (
        collectives[0].title if collectives else instance.urls.host
    )
    document = nodeinfo.document(instance.config, version, program_version(), name)
    return JSONResponse(document, media_type=nodeinfo.media_type(version), headers=_ANYWHERE)
