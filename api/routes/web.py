"""Signing in, and the files of the web UI as they were built. Which files there are is found at the start."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

from api.auth import Permission
from api.bodies import text_body
from api.endpoints import PUBLIC, Endpoint, Handler
from api.guard import content_policy
from api.problems import not_found
from api.services import services
from api.sign_in import SIGN_IN_STYLE, sign_in_page, signed_in

FORM_BYTES = 4096
#: Stands in the page where the nonce of its style elements goes.
NONCE = "__NONCE__"
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
        Endpoint(method="GET", path="/sign-in.css", handler=sign_in_style, access=PUBLIC, tag="web", hidden=True),
        Endpoint(method="POST", path="/sign-in", handler=sign_in, access=PUBLIC, tag="web", hidden=True),
        *(_page_route(f"/{name}", _file(path)) for name, path in files.items() if "{" not in name),
        *shell,
    )


async def sign_in(request: Request) -> Response:
    """Take the token of the form."""
    form = parse_qs(await text_body(request, FORM_BYTES, ("application/x-www-form-urlencoded",)))
    token = form.get("token", [""])[0].strip()
    if services(request).credentials.is_token(token):
        return signed_in(request, token)
    return sign_in_page(401, problem="That is not the token of this server.")


async def sign_in_style() -> Response:
    """Send the look of the sign-in page."""
    return Response(SIGN_IN_STYLE, media_type="text/css")


def _door(page: Path | None) -> Handler:
    async def open_door(request: Request) -> Response:
        """Show the UI to those who are signed in, sign in those who bring the token, ask the others for it."""
        token = request.query_params.get("token")
        if token is not None and services(request).credentials.is_token(token):
            return signed_in(request, token)
        if request.state.principal is None:
            return sign_in_page(401)
        return _page(page) if page else PlainTextResponse(WITHOUT_UI)

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
        return _page(page)

    return send_page


def _page(page: Path) -> Response:
    """Give the UI's page, whose libraries may add style elements with this answer's nonce and no others."""
    nonce = secrets.token_urlsafe(16)
    text = page.read_text(encoding="utf-8").replace(NONCE, nonce)
    return HTMLResponse(text, headers={"Content-Security-Policy": content_policy(style_nonce=nonce)})


def _page_route(path: str, handler: Any) -> Endpoint:
    return Endpoint(method="GET", path=path, handler=handler, access=Permission.SEE_RUNS, tag="web", hidden=True)
