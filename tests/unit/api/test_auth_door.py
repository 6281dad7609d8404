"""Nobody gets in by the look of an address."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute

from api.auth import GRANTS, Credentials, Permission, Principal, Role
from api.endpoints import Public
from tests.unit.api.fake_world import TOKEN, ApiWorld

PUBLIC = {
    ("GET", "/"),
    ("POST", "/sign-in"),
    ("GET", "/sign-in.css"),
    ("GET", "/decide.css"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
}
#: Open to everybody because what they are given is signed: they refuse by what it says, not with 401.
SIGNED = {("GET", "/decide/{token}"), ("POST", "/decide/{token}"), ("POST", "/api/v1/channels/{channel}")}
SIGNED_AT = {(method, re.sub(r"\{[^}]*\}", "x", path)) for method, path in SIGNED}
DISGUISES = (
    "{}/health/live",
    "{}/health",
    "/health/live/..{}",
    "/health/live%2f..{}",
    "{};/health/live",
    "{}%2fhealth%2flive",
    "/health/..%2f{}",
    "{}?x=/health/live",
    "{}#/health/live",
    "//health/live/../..{}",
    "{}%00/health/live",
    "{}/",
    "{}.health",
)
WRONG: tuple[dict[str, str], ...] = (
    {},
    {"Authorization": "Bearer wrong"},
    {"Authorization": "Bearer "},
    {"Authorization": f"Basic {TOKEN}"},
    {"Authorization": TOKEN},
    {"Authorization": f"Bearer {TOKEN}x"},
    {"Cookie": "agentos_token=wrong"},
    {"Cookie": f"other={TOKEN}"},
    {"Authorization": "Bearer wrong", "Cookie": f"agentos_token={TOKEN}"},
    {"X-Forwarded-For": "127.0.0.1"},
)


def routes(world: ApiWorld) -> Iterator[tuple[str, str]]:
    for route in world.app.table.app.router.routes:
        assert isinstance(route, APIRoute)
        for method in route.methods or ():
            yield method, re.sub(r"\{[^}]*\}", "x", route.path)


async def status(client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]) -> int:
    return (await client.request(method, path, headers=headers)).status_code


async def test_every_route_but_four_refuses_missing_and_wrong_credentials(world: ApiWorld) -> None:
    open_routes = set()
    async with world.client(token=None) as client:
        for method, path in routes(world):
            codes = {await status(client, method, path, headers) for headers in WRONG}
            if codes != {401}:
                open_routes.add((method, path))

    # Without credentials the page at / asks for the token, with 401 as well.
    assert open_routes == (PUBLIC | SIGNED_AT) - {("GET", "/")}


async def test_disguised_addresses_open_nothing(world: ApiWorld) -> None:
    async with world.client(token=None) as client:
        for method, path in routes(world):
            if (method, path) in PUBLIC | SIGNED_AT:
                continue
            for disguise in DISGUISES:
                code = await status(client, method, disguise.format(path), {})
                assert code in {400, 401}, (method, disguise.format(path), code)


async def test_unknown_addresses_and_methods_say_nothing_without_credentials(world: ApiWorld) -> None:
    async with world.client(token=None) as client:
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"):
            for path in (
                "/nothing",
                "/api",
                "/api/v1",
                "/docs",
                "/openapi.json",
                "/redoc",
                "/.env",
                "/health",
                "/healthz",
            ):
                assert await status(client, method, path, {}) == 401


async def test_every_route_declares_what_it_needs(world: ApiWorld) -> None:
    table = world.app.table
    found = table.app.router.routes
    undeclared = [route for route in found if table.access(route) is None]
    public = {
        (method, route.path)
        for route in found
        if isinstance(table.access(route), Public) and isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert undeclared == []
    assert public == PUBLIC | SIGNED


async def test_a_route_that_nobody_declared_is_not_served(world: ApiWorld) -> None:
    async def leak() -> str:
        return "secret"

    world.app.table.app.add_api_route("/leak", leak)
    async with world.client() as client:
        assert (await client.get("/leak")).status_code == 403
    async with world.client(token=None) as client:
        assert (await client.get("/leak")).status_code == 401


async def test_the_right_token_opens_as_header_and_as_cookie(world: ApiWorld) -> None:
    async with world.client(token=None) as client:
        by_header = await client.get("/api/v1/topics", headers={"Authorization": f"Bearer {TOKEN}"})
        by_cookie = await client.get("/api/v1/topics", headers={"Cookie": f"agentos_token={TOKEN}"})
    assert (by_header.status_code, by_cookie.status_code) == (200, 200)


async def test_the_address_with_the_token_leaves_a_strict_cookie_and_loses_the_token(world: ApiWorld) -> None:
    async with world.client(token=None) as client:
        wrong = await client.get("/?token=wrong")
        answer = await client.get(f"/?token={TOKEN}")
    cookie = answer.headers["set-cookie"].lower()
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert wrong.status_code == 401
    assert "set-cookie" not in wrong.headers


async def test_the_sign_in_page_takes_the_token_by_a_form(world: ApiWorld) -> None:
    async with world.client(token=None) as client:
        page = await client.get("/runs", headers={"Accept": "text/html"})
        wrong = await client.post("/sign-in", data={"token": "wrong"})
        right = await client.post("/sign-in", data={"token": TOKEN})
    assert (page.status_code, right.status_code, wrong.status_code) == (401, 303, 401)
    assert "<form" in page.text


async def test_other_sites_cannot_use_the_cookie(world: ApiWorld) -> None:
    cookie = {"Cookie": f"agentos_token={TOKEN}"}
    cases = {
        "http://127.0.0.1:8400": 404,
        "http://127.0.0.1:9999": 403,
        "https://evil.example": 403,
        "null": 403,
    }
    async with world.client(token=None) as client:
        for origin, code in cases.items():
            answer = await client.post("/api/v1/runs/none/cancel", headers={**cookie, "Origin": origin})
            assert answer.status_code == code, origin
        silent = await client.post("/api/v1/runs/none/cancel", headers=cookie)
        same = await client.post("/api/v1/runs/none/cancel", headers={**cookie, "Sec-Fetch-Site": "same-origin"})
    assert (silent.status_code, same.status_code) == (403, 404)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8400", "", "169.254.169.254"])
async def test_names_that_are_not_ours_are_refused(world: ApiWorld, host: str) -> None:
    async with world.client() as client:
        assert (await client.get("/health/live", headers={"Host": host})).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8400", "127.0.0.1:1", "[::1]:8400"])
async def test_our_own_names_are_answered(world: ApiWorld, host: str) -> None:
    async with world.client() as client:
        assert (await client.get("/health/live", headers={"Host": host})).status_code == 200


async def test_every_answer_has_the_security_headers_and_no_cors(world: ApiWorld) -> None:
    async with world.client(Origin="https://evil.example") as client:
        for path in ("/", "/health/live", "/api/v1/topics", "/nothing"):
            headers = (await client.get(path)).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert not [name for name in headers if name.startswith("access-control")]


def test_there_is_no_empty_token() -> None:
    with pytest.raises(ValueError, match="expected a token"):
        Credentials("")


@pytest.mark.parametrize(
    ("role", "denied"),
    [
        (Role.VIEWER, {Permission.DECIDE, Permission.START_RUNS, Permission.CONTROL_RUNS, Permission.PUBLISH}),
        (Role.APPROVER, {Permission.START_RUNS, Permission.CONTROL_RUNS, Permission.PUBLISH}),
        (Role.OPERATOR, {Permission.DECIDE, Permission.PUBLISH, Permission.ADMINISTER}),
        (Role.AUTHOR, {Permission.DECIDE, Permission.CONTROL_RUNS, Permission.ADMINISTER}),
        (Role.ADMIN, set()),
    ],
)
def test_each_role_may_only_what_it_is_for(role: Role, denied: set[Permission]) -> None:
    somebody = Principal(name="somebody", roles=frozenset({role}))
    assert {permission for permission in Permission if not somebody.may(permission)} >= denied
    assert set(GRANTS) == set(Role)
