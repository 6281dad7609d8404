from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import BaseModel

from nodes.errors import NodeError, fault, passing_fault
from nodes.http import Http
from nodes.http.arguments import HttpArguments
from nodes.registry import InvalidNodeType, node_type
from nodes.retries import RetryRules
from streams.worker.repeating import output_of
from tests.unit.nodes.service import PlainServices, Service, client, context, running_service

HTTP: Any = Http()
QUICK = {"delay": {"milliseconds": 1}}


class Flaky:
    """Fails as often as it is told."""

    name = "flaky"
    version = "1.0.0"
    retry = QUICK | {"limit": {"attempt": {"count": 2}}}
    With = BaseModel

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.runs = 0

    async def run(self, with_: Any, ctx: Any) -> str:
        self.runs += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


RULES = node_type(Flaky, "a test").retry_rules


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with running_service() as running:
        yield running


async def run(node: Any, deadline_at_ms: int = 0, rules: RetryRules | None = RULES) -> Any:
    async with client() as http:
        return await output_of(node, None, context(http, deadline_at_ms=deadline_at_ms), rules)


async def test_a_node_type_says_itself_how_often_it_is_tried_again() -> None:
    twice, thrice = (Flaky(*[passing_fault("communication", "busy")] * count) for count in (2, 3))

    assert await run(twice) == "done"
    with pytest.raises(NodeError):
        await run(thrice)
    assert (twice.runs, thrice.runs) == (3, 3)


async def test_what_will_not_pass_is_not_tried_again() -> None:
    node = Flaky(fault("communication", "gone", 410))

    with pytest.raises(NodeError):
        await run(node)
    assert node.runs == 1


async def test_without_rules_nothing_is_tried_again() -> None:
    node = Flaky(passing_fault("communication", "busy"))

    with pytest.raises(NodeError):
        await run(node, rules=None)
    assert node.runs == 1


@pytest.mark.parametrize("asked_ms", [60_000, 5_000])
async def test_a_wait_beyond_the_deadline_or_the_bound_is_left_to_the_workflow(asked_ms: int) -> None:
    node = Flaky(passing_fault("communication", "busy", 429, retryAfterMs=asked_ms))
    began_at = time.monotonic()

    with pytest.raises(NodeError) as caught:
        await run(node, deadline_at_ms=int(time.time() * 1000) + 2000)
    assert caught.value.problem["retryAfterMs"] == asked_ms
    assert (node.runs, time.monotonic() - began_at < 1) == (1, True)


def test_waits_grow_as_told_and_differ_between_tasks() -> None:
    busy = passing_fault("communication", "busy")

    def waits(backoff: str) -> list[int]:
        rules = RetryRules.model_validate({"delay": "PT1S", "backoff": {backoff: {}}})
        return [rules.wait_ms(busy, retries, "key") or 0 for retries in range(3)]

    bounds: dict[str, Callable[[int], int]] = {
        "constant": lambda _: 1000,
        "linear": lambda retries: 1000 * (retries + 1),
        "exponential": lambda retries: 1000 * 2**retries,
    }
    for backoff, most in bounds.items():
        assert all(most(number) * 0.75 <= wait <= most(number) for number, wait in enumerate(waits(backoff)))
    rules = RetryRules()
    assert len({rules.wait_ms(busy, 0, f"run-{number}") for number in range(50)}) > 20
    assert rules.wait_ms(busy, 3, "key") is None


@pytest.mark.parametrize("policy", [{"delay": "soon"}, {"limit": {"attempt": {"count": 0}}}, {"when": "."}])
def test_a_policy_that_is_none_is_refused_when_the_node_type_is_loaded(policy: dict[str, Any]) -> None:
    with pytest.raises(InvalidNodeType, match="expected a retry policy"):
        node_type(type("Wrong", (Flaky,), {"retry": policy}), "a test")


async def test_an_http_call_is_sent_again_for_statuses_that_pass_and_carries_the_same_key(service: Service) -> None:
    arguments = HttpArguments.model_validate(
        {
            "method": "post",
            "endpoint": service.url + "/status?code=503",
            "retry": QUICK | {"limit": {"attempt": {"count": 2}}},
        }
    )
    async with client() as http:
        ctx = context(http)
        with pytest.raises(NodeError) as caught:
            await output_of(HTTP, arguments, ctx, None)

    assert caught.value.problem["status"] == 503
    assert len(service.seen) == 3
    assert len({headers["idempotency-key"] for _, _, headers, _ in service.seen}) == 1
    assert isinstance(ctx.services, PlainServices)
    assert sum("trying again in" in text for _, text in ctx.services.logged) == 2


async def test_an_http_call_is_sent_again_for_the_statuses_that_are_named_and_no_others(service: Service) -> None:
    async with client() as http:
        for code, calls in ((404, 2), (503, 1)):
            service.seen.clear()
            retry = QUICK | {"statuses": [404], "limit": {"attempt": {"count": 1}}}
            given = {"method": "get", "endpoint": f"{service.url}/status?code={code}", "retry": retry}
            with pytest.raises(NodeError):
                await output_of(HTTP, HttpArguments.model_validate(given), context(http), None)
            assert len(service.seen) == calls


async def test_a_call_that_asks_to_come_later_is_sent_when_it_wants(service: Service) -> None:
    retry = {"limit": {"attempt": {"count": 1}}}
    given = {"method": "get", "endpoint": service.url + "/status?code=429&after=1", "retry": retry}
    began_at = time.monotonic()
    async with client() as http:
        with pytest.raises(NodeError):
            await output_of(HTTP, HttpArguments.model_validate(given), context(http), None)

    assert (len(service.seen), time.monotonic() - began_at >= 1) == (2, True)
