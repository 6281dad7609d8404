from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import Any

import pytest
from pydantic import ValidationError

from nodes.base import Caps
from nodes.errors import STANDARD, NodeError
from nodes.http import Http
from nodes.http.arguments import HttpArguments
from nodes.http.node import FORM
from tests.eventually import eventually_async
from tests.unit.nodes.conftest import Call
from tests.unit.nodes.service import Service, client, context


async def failure(run: Any) -> NodeError:
    with pytest.raises(NodeError) as caught:
        await run
    return caught.value


def kind(error: NodeError) -> tuple[str, int]:
    return error.problem["type"].removeprefix(STANDARD), error.problem["status"]


async def test_json_content_is_given_as_its_value(call: Call) -> None:
    assert await call("/json") == {"method": "GET", "query": {}, "body": ""}


async def test_text_is_given_in_its_charset_bytes_as_base64_and_nothing_as_null(call: Call) -> None:
    assert await call("/text") == "grüezi"
    assert await call("/bytes") == base64.b64encode(b"\0\1\2").decode()
    assert await call("/empty") is None


async def test_raw_output_is_base64_whatever_the_content(call: Call) -> None:
    assert json.loads(base64.b64decode(await call("/json", output="raw")))["method"] == "GET"
    assert await call("/empty", output="raw") is None


async def test_the_whole_response_has_the_request_without_its_credentials(call: Call, service: Service) -> None:
    endpoint = {
        "uri": service.url + "/json",
        "authentication": {"basic": {"username": "anna", "password": "s3cret"}},
    }

    found = await call(endpoint=endpoint, output="response", headers={"x-mine": "1"})

    assert found["statusCode"] == 200
    assert found["content"]["method"] == "GET"
    assert found["headers"]["content-type"] == "application/json; charset=utf-8"
    assert (found["request"]["method"], found["request"]["uri"]) == ("GET", service.url + "/json")
    assert found["request"]["headers"]["x-mine"] == "1"
    assert found["request"]["headers"]["authorization"] == "***"


async def test_a_query_is_added_to_the_one_in_the_endpoint(call: Call) -> None:
    found = await call("/json?a=1", query={"b": 2, "c": True, "d": "x y&z", "e": None})

    assert found["query"] == {"a": "1", "b": "2", "c": "true", "d": "x y&z"}


async def test_a_list_in_a_query_repeats_its_name(call: Call, service: Service) -> None:
    await call("/json", query={"tag": ["a", "b"]})

    assert service.seen[-1][1] == "/json?tag=a&tag=b"


async def test_json_values_are_sent_as_json_and_text_as_it_is(call: Call, service: Service) -> None:
    await call("/json", method="post", body={"é": 1})
    assert (service.last_headers["content-type"], service.seen[-1][3]) == ("application/json", '{"é":1}'.encode())

    await call("/json", method="post", body="plain")
    assert (service.last_headers["content-type"], service.seen[-1][3]) == ("text/plain; charset=utf-8", b"plain")


async def test_a_form_is_sent_as_a_form(call: Call, service: Service) -> None:
    await call("/json", method="post", body={"a": 1, "b": "x y"}, headers={"Content-Type": FORM})

    assert service.seen[-1][3] == b"a=1&b=x+y"


async def test_methods_that_change_something_carry_the_idempotency_key(call: Call, service: Service) -> None:
    await call("/json", method="post")
    assert service.last_headers["idempotency-key"] == "run-1/do/0/call/1"

    await call("/json")
    assert "idempotency-key" not in service.last_headers


async def test_the_authors_idempotency_key_wins(call: Call, service: Service) -> None:
    await call("/json", method="PUT", headers={"Idempotency-Key": "mine"})

    assert service.last_headers["idempotency-key"] == "mine"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, ("communication", False)),
        (401, ("authentication", False)),
        (403, ("authorization", False)),
        (404, ("communication", False)),
        (408, ("timeout", True)),
        (429, ("communication", True)),
        (500, ("communication", True)),
        (503, ("communication", True)),
        (504, ("timeout", True)),
    ],
)
async def test_a_status_outside_200_to_299_is_an_error_of_a_standard_type(
    call: Call, status: int, expected: tuple[str, bool]
) -> None:
    error = await failure(call(f"/status?code={status}"))

    assert (kind(error), error.retryable) == ((expected[0], status), expected[1])
    assert "because" in error.problem["detail"]
    assert "instance" not in error.problem


async def test_an_error_says_when_to_ask_again(call: Call) -> None:
    assert (await failure(call("/status?code=429&after=7"))).problem["retryAfterMs"] == 7000
    assert "retryAfterMs" not in (await failure(call("/status?code=503&after=soon"))).problem

    later = (await failure(call("/status?code=503&after=Fri, 31 Dec 2999 23:59:59 GMT"))).problem["retryAfterMs"]
    assert later > 1e12


async def test_an_error_shows_no_query_and_no_user_information(call: Call, service: Service) -> None:
    address = service.url.replace("//", "//anna:s3cret@") + "/status?code=404&key=s3cret"

    assert "s3cret" not in (await failure(call(endpoint=address))).problem["detail"]


async def test_content_that_is_not_the_json_it_says_is_an_error(call: Call) -> None:
    assert kind(await failure(call("/broken-json"))) == ("communication", 500)


async def test_a_redirect_is_an_error_unless_it_is_wanted(call: Call) -> None:
    error = await failure(call("/redirect?to=/json"))
    assert kind(error) == ("communication", 302)
    assert "redirect: true" in error.problem["detail"]

    assert (await call("/redirect?to=/json", redirect=True))["method"] == "GET"


async def test_a_redirect_keeps_method_and_body_where_its_status_says_so(call: Call) -> None:
    kept = await call("/redirect?to=/json&code=307", method="post", body={"a": 1}, redirect=True)
    changed = await call("/redirect?to=/json&code=303", method="post", body={"a": 1}, redirect=True)

    assert (kept["method"], kept["body"]) == ("POST", '{"a":1}')
    assert (changed["method"], changed["body"]) == ("GET", "")


async def test_a_status_like_304_is_no_error_when_redirects_are_wanted(call: Call) -> None:
    assert await call("/status?code=304", redirect=True) is None


async def test_redirects_in_a_circle_end(call: Call) -> None:
    error = await failure(call("/circle", redirect=True))

    assert kind(error)[0] == "communication"


async def test_to_another_origin_go_neither_credentials_nor_the_authors_headers(call: Call, service: Service) -> None:
    endpoint = {
        "uri": f"{service.url}/redirect?to={service.url.replace('127.0.0.1', 'localhost')}/json",
        "authentication": {"bearer": {"token": "t0ken"}},
    }

    await call(endpoint=endpoint, headers={"x-api-key": "k3y", "accept": "application/json"}, redirect=True)

    assert (service.seen[0][2]["authorization"], service.seen[0][2]["x-api-key"]) == ("Bearer t0ken", "k3y")
    assert "authorization" not in service.last_headers
    assert "x-api-key" not in service.last_headers
    assert service.last_headers["accept"] == "application/json"


async def test_a_response_beyond_the_cap_is_refused_before_it_is_read(service: Service) -> None:
    async with client(caps=Caps(body_bytes=100_000, timeout_s=5)) as http:
        endless = HttpArguments(method="get", endpoint=service.url + "/endless")
        bomb = HttpArguments(method="get", endpoint=service.url + "/bomb")

        assert "at most 100000 bytes" in str(await failure(Http().run(endless, context(http))))
        assert "at most 100000 bytes" in str(await failure(Http().run(bomb, context(http))))


async def test_no_answer_in_time_is_a_timeout_that_may_pass(service: Service) -> None:
    async with client(caps=Caps(timeout_s=0.1)) as http:
        error = await failure(Http().run(HttpArguments(method="get", endpoint=service.url + "/never"), context(http)))

    assert kind(error) == ("timeout", 408)
    assert error.retryable


async def test_the_tasks_deadline_counts_where_it_is_sooner(service: Service) -> None:
    async with client() as http:
        ctx = context(http, deadline_at_ms=int(time.time() * 1000) + 100)
        error = await failure(Http().run(HttpArguments(method="get", endpoint=service.url + "/never"), ctx))

    assert kind(error) == ("timeout", 408)


async def test_nobody_listening_is_a_communication_error_that_may_pass(call: Call) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()

    error = await failure(call(endpoint=f"http://127.0.0.1:{port}/"))

    assert kind(error) == ("communication", 500)
    assert error.retryable


@pytest.mark.parametrize("uri", ["ftp://example.com/", "file:///etc/passwd", "no address", "http://", "/path"])
async def test_only_http_addresses_are_called(call: Call, uri: str) -> None:
    assert kind(await failure(call(endpoint=uri))) == ("configuration", 400)


async def test_a_template_variable_without_value_is_named(call: Call) -> None:
    assert "{petId}" in (await failure(call(endpoint="https://example.com/{petId}"))).problem["detail"]


async def test_cookies_of_one_task_are_not_sent_by_another(call: Call, service: Service) -> None:
    await call("/cookie")
    await call("/json")

    assert "cookie" not in service.last_headers


def test_a_misspelt_argument_is_refused() -> None:
    with pytest.raises(ValidationError, match="heders"):
        HttpArguments.model_validate({"method": "get", "endpoint": "http://x", "heders": {}})


async def test_a_cancelled_call_ends_at_once(service: Service) -> None:
    async with client() as http:
        arguments = HttpArguments(method="get", endpoint=service.url + "/never")
        running = asyncio.create_task(Http().run(arguments, context(http)))
        await eventually_async(lambda: asyncio.sleep(0, service.seen))
        running.cancel()

        with pytest.raises(asyncio.CancelledError):
            await running
