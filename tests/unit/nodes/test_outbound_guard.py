from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from nodes.errors import STANDARD, NodeError
from nodes.http import Http
from nodes.http.addresses import Address, InvalidAllowance, address_policy
from nodes.http.arguments import HttpArguments
from tests.unit.nodes.service import Service, client, context

ip = ipaddress.ip_address


class ChangingNames:
    """Answers one question after the other with the next of its answers, as a rebinding name server does."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked += 1
        return [ip(text) for text in self._answers[min(self.asked, len(self._answers)) - 1]]


async def refusal(uri: str, allowed: tuple[str, ...] = (), **options: Any) -> NodeError:
    redirect = options.pop("redirect", False)
    async with client(allowed, **options) as http:
        with pytest.raises(NodeError) as caught:
            await Http().run(HttpArguments(method="get", endpoint=uri, redirect=redirect), context(http))
    return caught.value


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "2130706433",
        "0x7f000001",
        "127.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
    ],
)
async def test_private_addresses_are_refused_however_they_are_written(host: str) -> None:
    error = await refusal(f"http://{host}:1/")

    assert error.problem["type"] == f"{STANDARD}authorization"
    assert "AGENTOS_HTTP_ALLOW_PRIVATE" in error.problem["detail"]
    assert not error.retryable


def test_public_addresses_are_allowed() -> None:
    policy = address_policy([])

    assert policy.allows("example.com", ip("93.184.215.14"))
    assert policy.allows("example.com", ip("2606:2800:21f:cb07:6820:80da:af6b:8b2c"))
    assert policy.allows("example.com", ip("64:ff9b::5db8:d70e"))


def test_a_setting_allows_networks_addresses_and_hosts() -> None:
    policy = address_policy(["10.0.0.0/8", " 192.168.7.7 ", "Build.Example."])

    assert policy.allows("anything", ip("10.200.0.1"))
    assert policy.allows("anything", ip("::ffff:10.200.0.1"))
    assert policy.allows("anything", ip("192.168.7.7"))
    assert policy.allows("build.example", ip("127.0.0.1"))
    assert not policy.allows("anything", ip("192.168.7.8"))
    assert not policy.allows("evil.build.example", ip("127.0.0.1"))


@pytest.mark.parametrize("entry", ["", "10.0.0.0/99", "*.example", "10.0.0", "http://host/"])
def test_a_setting_that_is_no_network_and_no_host_is_refused(entry: str) -> None:
    with pytest.raises(InvalidAllowance):
        address_policy([entry])


async def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    error = await refusal("http://mixed.example/", resolver=ChangingNames(["93.184.215.14", "10.0.0.1"]))

    assert "found 10.0.0.1" in error.problem["detail"]


async def test_a_name_is_resolved_once_for_check_and_connection(service: Service) -> None:
    port = service.url.rsplit(":", 1)[1]
    names = ChangingNames(["127.0.0.1"], ["127.0.0.9"])
    async with client(("127.0.0.1/32",), resolver=names) as http:
        arguments = HttpArguments(method="get", endpoint=f"http://rebinding.example:{port}/json")
        assert (await Http().run(arguments, context(http)))["method"] == "GET"

    assert names.asked == 1
    assert service.last_headers["host"] == f"rebinding.example:{port}"


async def test_a_redirect_to_a_private_address_is_refused(service: Service) -> None:
    to = service.url.replace("127.0.0.1", "[::1]")
    error = await refusal(f"{service.url}/redirect?to={to}/json", ("127.0.0.1",), redirect=True)

    assert error.problem["type"] == f"{STANDARD}authorization"
    assert len(service.seen) == 1


async def test_an_authority_with_a_private_address_is_refused(service: Service) -> None:
    authentication = {"oauth2": {"authority": "http://10.0.0.1", "grant": "client_credentials"}}
    endpoint = {"uri": f"{service.url}/bearer", "authentication": authentication}
    async with client(("127.0.0.1",)) as http:
        with pytest.raises(NodeError) as caught:
            await Http().run(HttpArguments.model_validate({"method": "get", "endpoint": endpoint}), context(http))

    assert caught.value.problem["type"] == f"{STANDARD}authorization"
    assert service.seen == []


async def test_proxies_of_the_environment_are_not_used(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with client() as http:
        arguments = HttpArguments(method="get", endpoint=service.url + "/json")
        assert (await Http().run(arguments, context(http)))["method"] == "GET"
