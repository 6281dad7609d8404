"""Signing in, and the files of the web UI as they were built. Which files there are is found at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from api.auth import Permission
from api.bodies import text_body
from api.endpoints import PUBLIC, Endpoint, Handler
from api.problems import not_found
from api.services import services
from api.sign_in import sign_in_page, signed_in

FORM_BYTES = 4096
FOR_EVER = "public, max-age=31536000, immutable"
WITHOUT_UI = (
    "AgentOS runs. The web UI is not built here; the API is at /api/v1, its description at /api/v1/openapi.json.\n"
)


def endpoints(folder: Path) -> tuple[Endpoint, ...]:
    """Give the routes for what is in `folder`, which need not exist."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    page = files.pop("index.html", None)
    shell = (_page_route("/{path:path}", _shell(page)),) if page else ()
    return (
        Endpoint(method="GET", path="/", handler=_door(page), access=PUBLIC, tag="web", hidden=True),
        Endpoint(method="POST", path="/sign-in", handler=sign_in, access=PUBLIC, tag="web", hidden=True),
        *(_page_route(f"/{name}", _file(path)) for name, path in files.items() if "{" not in name),
        *shell,
    )


async def sign_in(request: Request) -> Response:
    """Take the token of the form."""
    form = parse_qs(await text_body(request, FORM_BYTES, ("application/x-www-form-urlencoded",)))
    token = form.get("token", [""])[0].strip()
    return signed_in(request, token) if services(request).credentials.is_token(token) else sign_in_page(401)


def _door(page: Path | None) -> Handler:
    async def open_door(request: Request) -> Response:
        """Show the UI to those who are signed in, sign in those who bring the token, ask the others for it."""
        token = request.query_params.get("token")
        if token is not None and services(request).credentials.is_token(token):
            return signed_in(request, token)
        if request.state.principal is None:
            return sign_in_page(401)
        return FileResponse(page) if page else PlainTextResponse(WITHOUT_UI)

    return open_door


def _file(path: Path) -> Handler:
    async def send_file() -> Response:
        """Send a file of the UI. Those in `assets` have their digest in their name."""
        return FileResponse(path, headers={"Cache-Control": FOR_EVER} if path.parent.name == "assets" else None)

    return send_file


def _shell(page: Path) -> Handler:
    async def send_page(path: str) -> Response:
        """Send the UI for every address that it may have put into the browser's bar."""
        if path.startswith("api/"):
            raise not_found(f"there is nothing at /{path[:200]}")
        return FileResponse(page)

    return send_page


def _page_route(path: str, handler: Any) -> Endpoint:
    return Endpoint(method="GET", path=path, handler=handler, access=Permission.SEE_RUNS, tag="web", hidden=True)
