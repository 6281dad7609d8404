"""The workflows that run during the chaos, what goes in, and what must come out."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NAMESPACE = "chaos"
VERSION = "1.0.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A workflow, how often it is taken, and what it must come to for an input of `{"n": n}`."""

    name: str
    do: list[dict[str, Any]]
    weight: int
    expected: Callable[[int], Any]
    status: str = "completed"
    #: Whether it is started by itself; a child is started by its parent.
    is_started: bool = True

    @property
    def document(self) -> dict[str, Any]:
        """The document as it is published."""
        head = {"dsl": "1.0.3", "namespace": NAMESPACE, "name": self.name, "version": VERSION}
        return {"document": head, "do": self.do}


def ledger(name: str, **more: Any) -> dict[str, Any]:
    """Give a task that is noted in the ledger and counts `n` up."""
    return {name: {"call": "ledger", "with": {"n": "${ .n }", **more}}}


def wait(name: str, milliseconds: str | int) -> dict[str, Any]:
    """Give a task that waits; an expression is evaluated to a duration."""
    return {name: {"wait": {"milliseconds": milliseconds}}}


STEP = {"set": {"n": "${ .n + 1 }"}}

WORKLOADS = (
    Workload(name="inline", weight=36, do=[{"a": STEP}, {"b": STEP}], expected=lambda n: {"n": n + 2}),
    Workload(name="worker", weight=24, do=[ledger("a"), ledger("b"), ledger("c")], expected=lambda n: {"n": n + 3}),
    Workload(
        name="wait", weight=10, do=[ledger("a"), wait("pause", 700), ledger("b")], expected=lambda n: {"n": n + 2}
    ),
    Workload(name="long-wait", weight=4, do=[wait("pause", 9000), {"a": STEP}], expected=lambda n: {"n": n + 1}),
    Workload(
        name="retry",
        weight=8,
        do=[
            {
                "risky": {
                    "try": [ledger("call", fails_first=True)],
                    "catch": {
                        "errors": {"with": {"status": 503}},
                        "retry": {"delay": {"milliseconds": 150}, "limit": {"attempt": {"count": 3}}},
                    },
                }
            },
            ledger("after"),
        ],
        expected=lambda n: {"n": n + 2},
    ),
    Workload(
        name="fork",
        weight=8,
        do=[
            {
                "both": {
                    "fork": {
                        "branches": [
                            ledger("left"),
                            {"right": {"do": [wait("pause", 300), ledger("late")]}},
                        ]
                    }
                }
            }
        ],
        expected=lambda n: [{"n": n + 1}, {"n": n + 1}],
    ),
    Workload(
        name="race",
        weight=3,
        do=[{"first": {"fork": {"compete": True, "branches": [ledger("slow", takes_s=5.0), ledger("quick")]}}}],
        expected=lambda n: {"n": n + 1},
    ),
    Workload(name="slow", weight=2, do=[ledger("a", takes_s=6.0)], expected=lambda n: {"n": n + 1}),
    Workload(
        name="parent",
        weight=3,
        do=[
            {
                "below": {
                    "run": {
                        "workflow": {
                            "namespace": NAMESPACE,
                            "name": "child",
                            "version": VERSION,
                            "input": {"n": "${ .n }"},
                        }
                    }
                }
            },
            {"a": STEP},
        ],
        expected=lambda n: {"n": n + 3},
    ),
    Workload(name="child", weight=0, do=[{"a": STEP}, ledger("b")], expected=lambda n: {"n": n + 2}, is_started=False),
    Workload(
        name="faulty",
        weight=2,
        do=[ledger("a"), {"out": {"raise": {"error": {"type": "https://chaos.example/no", "status": 418}}}}],
        expected=lambda n: None,
        status="faulted",
    ),
    Workload(
        name="unbounded",
        weight=2,
        do=[{"a": {"set": {"n": "${ [range(.n + 1)] | length }"}}}],
        expected=lambda n: {"n": n + 1},
    ),
)

BY_NAME = {workload.name: workload for workload in WORKLOADS}
STARTED = [workload for workload in WORKLOADS if workload.is_started]


def pick(rng: random.Random) -> Workload:
    """Give one that is to be started."""
    return rng.choices(STARTED, [workload.weight for workload in STARTED])[0]
