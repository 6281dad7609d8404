from __future__ import annotations

import asyncio

from nodes.base import Caps
from nodes.http import Http
from nodes.http.arguments import HttpArguments
from nodes.http.client import HttpClient
from nodes.http.pool import PoolLimits
from tests.unit.nodes.service import Service, client, context


async def get(http: HttpClient, uri: str) -> None:
    await Http().run(HttpArguments(method="get", endpoint=uri), context(http))


async def test_a_connection_is_used_again(service: Service) -> None:
    async with client() as http:
        for _ in range(5):
            await get(http, service.url + "/json")

    assert len(service.connections) == 1


async def test_a_connection_the_service_closed_is_not_used_again(service: Service) -> None:
    async with client() as http:
        await get(http, service.url + "/json")
        service.drop_connections()
        await get(http, service.url + "/json")

    assert len(service.connections) == 2


async def test_no_more_connections_are_open_than_allowed(service: Service) -> None:
    async with client(pool=PoolLimits(open=3), caps=Caps(timeout_s=20)) as http:
        await asyncio.gather(*(get(http, service.url + "/json") for _ in range(50)))

    assert len(service.connections) <= 3


async def test_idle_connections_beyond_the_limit_are_closed(service: Service) -> None:
    async with client(pool=PoolLimits(idle=0)) as http:
        for _ in range(3):
            await get(http, service.url + "/json")

    assert len(service.connections) == 3


async def test_many_calls_at_once_take_no_longer_than_one(service: Service) -> None:
    began_at = asyncio.get_running_loop().time()
    async with client(caps=Caps(timeout_s=20)) as http:
        await asyncio.gather(*(get(http, service.url + "/slow?s=1") for _ in range(300)))

    assert asyncio.get_running_loop().time() - began_at < 10
