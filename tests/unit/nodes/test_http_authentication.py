from __future__ import annotations

import asyncio
import base64
from typing import Any
from urllib.parse import parse_qs

import pytest

from nodes.errors import STANDARD, NodeError
from nodes.http import Http
from tests.unit.nodes.conftest import Call
from tests.unit.nodes.service import Service, client, context

ANNA = {"username": "anna", "password": "s3cret"}


def endpoint(service: Service, path: str, **authentication: Any) -> dict[str, Any]:
    return {"uri": service.url + path, "authentication": authentication}


def authority(service: Service, **more: Any) -> dict[str, Any]:
    client = {"id": "me", "secret": "s3cret"}
    return {"authority": service.url + "/realm", "grant": "client_credentials", "client": client} | more


def form(service: Service, index: int) -> dict[str, list[str]]:
    return parse_qs(service.seen[index][3].decode())


async def test_basic(call: Call, service: Service) -> None:
    assert await call(endpoint=endpoint(service, "/basic", basic=ANNA)) == "welcome"


async def test_bearer(call: Call, service: Service) -> None:
    service.tokens.append("t0ken")

    assert await call(endpoint=endpoint(service, "/bearer", bearer={"token": "t0ken"})) == "welcome"


async def test_digest(call: Call, service: Service) -> None:
    assert await call(endpoint=endpoint(service, "/digest?a=1", digest=ANNA)) == "welcome"


async def test_wrong_credentials_are_an_authentication_error(call: Call, service: Service) -> None:
    with pytest.raises(NodeError) as caught:
        await call(endpoint=endpoint(service, "/basic", basic={"username": "anna", "password": "wrong"}))

    assert caught.value.problem["type"] == f"{STANDARD}authentication"
    assert caught.value.problem["status"] == 401


async def test_properties_can_come_from_a_secret(call: Call, service: Service) -> None:
    assert await call(endpoint=endpoint(service, "/basic", basic={"use": "anna"}), secrets={"anna": ANNA}) == "welcome"


async def test_a_missing_or_misshapen_secret_is_named_without_its_value(call: Call, service: Service) -> None:
    with pytest.raises(NodeError, match="expected a secret called 'anna'"):
        await call(endpoint=endpoint(service, "/basic", basic={"use": "anna"}))
    with pytest.raises(NodeError) as caught:
        await call(endpoint=endpoint(service, "/basic", basic={"use": "anna"}), secrets={"anna": {"user": "hidden"}})

    assert "username" in caught.value.problem["detail"]
    assert "hidden" not in caught.value.problem["detail"]


async def test_oauth2_client_credentials(call: Call, service: Service) -> None:
    wanted = authority(service, scopes=["read", "write"], audiences=["pets"])

    assert await call(endpoint=endpoint(service, "/bearer", oauth2=wanted)) == "welcome"
    assert service.seen[0][1] == "/realm/oauth2/token"
    assert form(service, 0) == {
        "grant_type": ["client_credentials"],
        "client_id": ["me"],
        "client_secret": ["s3cret"],
        "scope": ["read write"],
        "audience": ["pets"],
    }


async def test_oauth2_with_the_client_in_the_header_and_an_endpoint_of_its_own(call: Call, service: Service) -> None:
    client = {"id": "me", "secret": "s3cret", "authentication": "client_secret_basic"}
    wanted = authority(service, client=client, endpoints={"token": "/token"})

    assert await call(endpoint=endpoint(service, "/bearer", oauth2=wanted)) == "welcome"
    assert service.seen[0][1] == "/realm/token"
    assert service.seen[0][2]["authorization"] == "Basic " + base64.b64encode(b"me:s3cret").decode()
    assert form(service, 0) == {"grant_type": ["client_credentials"]}


async def test_oidc_asks_the_authority_where_its_endpoint_is(call: Call, service: Service) -> None:
    for suffix in ("", "/.well-known/openid-configuration"):
        wanted = authority(service, authority=f"{service.url}/realm{suffix}", scopes=[suffix or "x"])
        assert await call(endpoint=endpoint(service, "/bearer", oidc=wanted)) == "welcome"

    paths = [path for _, path, _, _ in service.seen]
    assert paths == [
        "/realm/.well-known/openid-configuration",
        "/realm/token",
        "/bearer",
        "/realm/token",
        "/bearer",
    ]


async def test_many_tasks_share_one_token(call: Call, service: Service) -> None:
    calls = [call(endpoint=endpoint(service, "/bearer", oauth2=authority(service))) for _ in range(20)]

    assert await asyncio.gather(*calls) == ["welcome"] * 20
    assert len(service.tokens) == 1


async def test_a_token_about_to_expire_is_not_used_again(call: Call, service: Service) -> None:
    service.expires_in = 10
    for _ in range(2):
        await call(endpoint=endpoint(service, "/bearer", oauth2=authority(service)))

    assert len(service.tokens) == 2


async def test_a_token_that_was_withdrawn_is_fetched_anew(call: Call, service: Service) -> None:
    await call(endpoint=endpoint(service, "/bearer", oauth2=authority(service)))
    service.tokens.append("the only good one from now on")

    assert await call(endpoint=endpoint(service, "/bearer", oauth2=authority(service))) == "welcome"
    assert len(service.tokens) == 3


async def test_a_token_of_another_issuer_is_refused(call: Call, service: Service) -> None:
    good = authority(service, issuers=[service.url])
    bad = authority(service, issuers=["https://elsewhere.example"])

    assert await call(endpoint=endpoint(service, "/bearer", oauth2=good)) == "welcome"
    with pytest.raises(NodeError, match="issued by https://elsewhere"):
        await call(endpoint=endpoint(service, "/bearer", oauth2=bad))


async def test_an_authority_that_refuses_is_an_authentication_error(call: Call, service: Service) -> None:
    wanted = authority(service, authority=service.url + "/nowhere")
    with pytest.raises(NodeError) as caught:
        await call(endpoint=endpoint(service, "/bearer", oauth2=wanted))

    assert caught.value.problem["type"] == f"{STANDARD}authentication"
    assert "s3cret" not in caught.value.problem["detail"]


@pytest.mark.parametrize("authentication", [{}, {"certificate": {}}, {"use": "unknown"}])
async def test_what_is_not_supported_is_said(call: Call, service: Service, authentication: dict[str, Any]) -> None:
    with pytest.raises(NodeError) as caught:
        await call(endpoint=endpoint(service, "/basic", **authentication))

    assert caught.value.problem["type"] == f"{STANDARD}configuration"


async def test_the_authorization_of_an_endpoint_is_what_would_be_sent(service: Service) -> None:
    node = Http()
    async with client() as http:

        async def authorization(**given: Any) -> Any:
            return await node.authorization(
                {"endpoint": endpoint(service, "/", **given)}, context(http, {"anna": ANNA})
            )

        encoded = base64.b64encode(b"anna:s3cret").decode()
        assert await authorization(basic=ANNA) == {"scheme": "Basic", "parameter": encoded}
        assert await authorization(basic={"use": "anna"}) == {"scheme": "Basic", "parameter": encoded}
        assert await authorization(bearer={"token": "t"}) == {"scheme": "Bearer", "parameter": "t"}
        assert await authorization(digest=ANNA) == {"scheme": "Digest", "parameter": None}
        fetched = await authorization(oauth2=authority(service))
        assert fetched == {"scheme": "Bearer", "parameter": service.tokens[-1]}
        assert await node.authorization({"endpoint": service.url}, context(http, {})) is None
        assert await authorization(basic={"username": 1}) is None
