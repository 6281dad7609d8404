"""The index finds exactly those subscriptions that asking each of them would find."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ExpressionFailed
from engine.matching import filters_of, keys_of
from engine.messages import OpenSubscription
from expressions.evaluator import JqEvaluator
from schemas.cloudevents import checked
from streams.correlator.index import Index, Look, chosen

EVALUATOR = JqEvaluator()
VALUES = st.sampled_from([1, 1.0, 2, "1", True, None, [1, {"a": 1.0}], {"a": 1}])
DATA = st.one_of(VALUES, st.fixed_dictionaries({}, optional={"order": VALUES, "shop": VALUES, "amount": VALUES}))
EVENTS = st.fixed_dictionaries(
    {"data": DATA}, optional={"subject": st.sampled_from(["a", "b"]), "source": st.sampled_from(["/s", "/t"])}
)
RULES = st.fixed_dictionaries({"from": st.sampled_from([".order", ".data.shop", "."])}, optional={"expect": VALUES})
FILTERS = st.fixed_dictionaries(
    {
        "attributes": st.fixed_dictionaries(
            {}, optional={"subject": st.sampled_from(["a", "b"]), "source": st.just("/s"), "data": VALUES}
        ),
        "patterns": st.fixed_dictionaries({}, optional={"subject": st.sampled_from(["a|c", "."])}),
        "conditions": st.fixed_dictionaries({}, optional={"data": st.sampled_from([".amount > 1", ".shop", "1"])}),
        "correlate": st.dictionaries(st.sampled_from(["k", "l"]), RULES, max_size=2),
    }
)


def first_fitting(filters: str, event: dict[str, Any]) -> list[int]:
    """Ask each filter in turn."""
    for number, wanted in enumerate(filters_of(filters)):
        try:
            if (
                keys_of(wanted, event, lambda source, data: EVALUATOR.evaluate(source, data, str), EVALUATOR.matches)
                is not None
            ):
                return [number]
        except ExpressionFailed:
            continue
    return []


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(FILTERS, min_size=1, max_size=3), min_size=1, max_size=4), EVENTS)
def test_the_index_agrees_with_asking_each(wanted: list[list[Any]], given_event: dict[str, Any]) -> None:
    event = checked({"specversion": "1.0", "id": "1", "source": "/s", "type": "t", **given_event})
    subscriptions = {
        str(number).encode(): OpenSubscription(run_id=str(number), path="/p", filters=json.dumps(filters))
        for number, filters in enumerate(wanted)
    }
    index = Index()
    for key, found in subscriptions.items():
        index.add(key, found)
    matches = index.matches(Look(event, EVALUATOR))
    for key, found in subscriptions.items():
        _, filters = matches.get(key, (found, []))
        assert list(chosen(filters)) == first_fitting(found.filters, event.data)
    for key, found in subscriptions.items():
        index.remove(key, found)
    assert not index
