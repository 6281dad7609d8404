"""The application: every route behind the guard, every error as a problem document."""

from __future__ import annotations

import http
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.endpoints import AccessTable
from api.guard import Guard
from api.problems import Problem, internal
from api.routes import (
    approvals,
    bundles,
    control,
    counts,
    dead_letters,
    definitions,
    events,
    forks,
    incoming,
    links,
    live,
    log,
    migrations,
    registry,
    runs,
    schedules,
    system,
    web,
)
from api.services import Services
from infra.settings import is_loopback

#: Where the web UI is after its build, in the checkout as in an installed package.
WEB = Path(__file__).parent / "static"

#: Every table of routes, in the order in which they are asked.
TABLES = (
    definitions,
    schedules,
    runs,
    approvals,
    bundles,
    events,
    counts,
    live,
    log,
    dead_letters,
    incoming,
    links,
    control,
    forks,
    migrations,
    system,
    registry,
)

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


def create_app(services: Services, *, host: str, web_folder: Path = WEB) -> Guard:
    """Give the whole ASGI application, for a server that is bound to `host`."""
    app, table = application()
    app.state.services = services
    table.add(web.endpoints(web_folder))
    return Guard(
        app=app,
        table=table,
        credentials=services.credentials,
        metrics=services.metrics,
        hosts=LOOPBACK_HOSTS | {host} | _public_host(services) if is_loopback(host) else frozenset(),
    )


def application() -> tuple[FastAPI, AccessTable]:
    """Give every route of the API with who may use it, without the services behind them."""
    app = FastAPI(
        title="AgentOS",
        version="1",
        description="Durable workflows on one log. Errors are problem documents (RFC 9457).",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_exception_handler(Exception, _mistake)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _parameter_problem)
    table = AccessTable(app)
    for endpoints in TABLES:
        table.add(endpoints.ENDPOINTS)
    return app, table


def _public_host(services: Services) -> frozenset[str]:
    """Give the name under which people reach this server through a proxy, if there is one."""
    name = urlsplit(services.desk.public_url).hostname
    return frozenset({name} if name else ())


async def _mistake(request: Request, _error: Exception) -> Response:
    """Answer with nothing of the inside; the error goes on to the guard, which logs it."""
    return internal().response(request.url.path)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101
    return error.response(request.url.path)


async def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    kinds = {404: "not-found", 405: "method-not-allowed"}
    details = {
        404: f"there is nothing at {request.url.path[:200]}",
        405: f"expected another method than {request.method}",
    }
    status = error.status_code
    problem = Problem(
        status=status,
        kind=kinds.get(status, "request"),
        detail=details.get(status, http.HTTPStatus(status).phrase),
        headers=error.headers or {},
    )
    return problem.response(request.url.path)


async def _parameter_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    problems = [{"parameter": str(found["loc"][-1]), "message": found["msg"]} for found in error.errors()]
    problem = Problem(
        status=422,
        kind="invalid-request",
        detail="a parameter is not as expected; see `problems`",
        extra={"problems": problems},
    )
    return problem.response(request.url.path)
