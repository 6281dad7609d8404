"""Attributes of events as regular expressions."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from engine import events as e
from engine.matching import types_of
from expressions.evaluator import JqEvaluator
from tests.unit.engine.documents import run


def taken(wanted: str, *events: dict[str, Any]) -> Any:
    played = run(f"do: [{{l: {{listen: {{to: {{one: {{with: {wanted}}}}}, read: envelope}}}}}}]", events=list(events))
    return None if played.output is None else played.output[0]["id"]


@pytest.mark.parametrize(
    ("wanted", "found", "fits"),
    [
        ("com.shop.paid", "com.shop.paid", True),
        ("com.shop.paid", "com-shop-paid", False),
        (r"com\.shop\..*", "com.shop.paid", True),
        (r"com\.shop\..*", "org.com.shop.paid", False),
        ("^(paid|sent)$", "sent", True),
        ("paid|sent", "sent early", False),
        ("(?i)PAID", "paid", True),
        ("a?b", "a?b", True),
        ("x{3}", "xxx", True),
    ],
)
def test_a_text_with_signs_of_a_regular_expression_matches_the_whole_attribute(
    wanted: str,
    found: str,
    fits: bool,  # noqa: FBT001 - a column of the table
) -> None:
    filters = json.dumps({"type": wanted})
    assert (taken(filters, {"type": found, "id": "1"}) == "1") is fits
    assert (
        taken(json.dumps({"type": "t", "subject": wanted}), {"type": "t", "subject": found, "id": "1"}) == "1"
    ) is fits


def test_an_attribute_that_is_missing_or_no_text_does_not_match() -> None:
    assert taken("{type: t, subject: '.*x?'}", {"type": "t", "id": "1"}) is None
    assert taken("{type: t, level: '[0-9]+'}", {"type": "t", "level": 7, "id": "1"}) is None


def test_a_pattern_for_the_type_is_looked_for_among_events_of_any_type() -> None:
    played = run("do: [{l: {listen: {to: {one: {with: {type: 'shop\\..*', source: /s}}}}}}]")
    (opened,) = [event for event in played.events if isinstance(event, e.SubscriptionOpened)]
    assert types_of(opened.filters) == ("*",)
    (wanted,) = json.loads(opened.filters)
    assert (wanted["attributes"], wanted["patterns"]) == ({"source": "/s"}, {"type": "shop\\..*"})


def test_an_expression_that_would_take_a_backtracking_engine_for_ever_takes_no_time() -> None:
    began = time.perf_counter()
    assert not JqEvaluator().matches("(a+)+$", "a" * 100_000 + "b")
    assert time.perf_counter() - began < 1


def test_what_is_no_expression_of_the_engine_matches_nothing() -> None:
    assert not JqEvaluator().matches("(?=a)a", "a")
    assert not JqEvaluator().matches("a" * 2000, "a" * 2000)
