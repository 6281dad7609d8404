from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from engine.ports import Validator
from language.data_schemas import schema_faults
from language.json_schema import TooManySteps, errors, strict
from language.validate import JsonSchemaValidator, Patience

VALIDATOR: Validator = JsonSchemaValidator(Patience.WITHOUT)


def violations(schema: Any, data: Any) -> list[str]:
    return VALIDATOR.violations(json.dumps(schema), json.dumps(data))


ORDER = {
    "type": "object",
    "required": ["id", "items"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": "^[a-z]+$"},
        "items": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "properties": {"n": {"type": "integer"}}},
        },
        "state": {"enum": ["open", "done"]},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
}


def test_valid_data_has_no_violation() -> None:
    assert violations(ORDER, {"id": "a", "items": [{"n": 1}], "state": "open", "note": None}) == []
    assert violations(True, {"a": 1}) == []


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"id": "a"}, '/: "value" lacks the key "items"; add it'),
        ([], '/: "value" must be a mapping, not a list'),
        ({"id": "A", "items": [1]}, '/id: "id" must match the pattern ^[a-z]+$, not text "A"'),
        ({"id": "a", "items": []}, '/items: "items" must have at least 1 items, not a list'),
        ({"id": "a", "items": [{"n": "x"}]}, '/items/0/n: "n" must be a whole number, not text "x"'),
        ({"id": "a", "items": [{}], "state": "x"}, '/state: "state" must be one of open, done, not text "x"'),
        ({"id": "a", "items": [{}], "stat": "x"}, '/stat: unknown key "stat"; did you mean "state"?'),
        ({"id": "a", "items": [{}], "note": 1}, '/note: "note" must be text or nothing, not a whole number 1'),
    ],
)
def test_each_violation_is_one_sentence(data: Any, sentence: str) -> None:
    assert sentence in violations(ORDER, data)


def test_every_violation_is_told() -> None:
    assert len(violations(ORDER, {"id": 1, "items": 2, "state": 3})) == 3


def test_false_allows_nothing() -> None:
    assert len(violations(False, 1)) == 1


def test_references_into_the_schema_itself_work() -> None:
    schema = {
        "$ref": "#/$defs/tree",
        "$defs": {"tree": {"type": "object", "additionalProperties": {"$ref": "#/$defs/tree"}}},
    }
    assert violations(schema, {"a": {"b": {}}}) == []
    assert violations(schema, {"a": {"b": 1}}) == ['/a/b: "b" must be a mapping, not a whole number 1']


def test_nothing_is_fetched() -> None:
    (sentence,) = violations({"$ref": "http://127.0.0.1:9/schema.json"}, {})
    assert "http://127.0.0.1:9/schema.json" in sentence
    (sentence,) = violations({"$ref": "#/$defs/none"}, {})
    assert "which is not in it" in sentence


def test_a_pattern_takes_time_linear_in_the_text() -> None:
    started = time.perf_counter()
    assert len(violations({"pattern": "^(a+)+$"}, "a" * 50_000 + "b")) == 1
    assert time.perf_counter() - started < 1


def test_a_pattern_that_needs_backtracking_is_told_and_not_run() -> None:
    (sentence,) = violations({"pattern": "(a)\\1"}, "aa")
    assert "cannot be used" in sentence


def test_references_that_double_at_each_step_end() -> None:
    levels = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(60)}
    with pytest.raises(TooManySteps):
        errors(strict({"$ref": "#/$defs/a0", "$defs": {**levels, "a60": {}}}), 1, max_steps=2_000)


def test_a_reference_to_itself_ends() -> None:
    (sentence,) = violations({"$ref": "#"}, 1)
    assert "refers to itself without end" in sentence


def test_unique_items_are_compared_in_linear_time() -> None:
    items: list[Any] = [{"n": n} for n in range(20_000)]
    started = time.perf_counter()
    assert violations({"uniqueItems": True}, items) == []
    assert time.perf_counter() - started < 2
    assert len(violations({"uniqueItems": True}, [*items, {"n": 7.0}])) == 1
    assert violations({"uniqueItems": True}, [1, True, "1", [1]]) == []


def test_a_known_schema_is_validated_fast() -> None:
    data = json.dumps({"id": "a", "items": [{"n": 1}], "state": "open", "note": None})
    schema = json.dumps(ORDER)
    VALIDATOR.violations(schema, data)
    started = time.perf_counter()
    for _ in range(100):
        VALIDATOR.violations(schema, data)
    assert (time.perf_counter() - started) / 100 < 0.005


#: Values for a keyword, good and bad ones.
KEYWORDS: dict[str, list[Any]] = {
    "type": ["string", "integer", "strnig", ["string", "null"], ["string", "string"], [], 1],
    "minLength": [1, -1, 1.5, 2.0, True, "1"],
    "minimum": [0, 1.5, "1", None],
    "multipleOf": [0, 1.5, "1", None],
    "required": [["a"], ["a", "a"], [1], "a", []],
    "enum": [[1], [], "a"],
    "uniqueItems": [True, 1],
    "title": ["a", 1],
    "dependentRequired": [{"a": ["b"]}, {"a": "b"}, []],
}
PIECES: list[Any] = [{keyword: value} for keyword, values in KEYWORDS.items() for value in values]
INSIDE = (
    "items",
    "not",
    "additionalProperties",
    "if",
    "const",
    "default",
    "anyOf",
    "$defs",
    "prefixItems",
    "properties",
)
SCHEMAS = st.recursive(
    st.sampled_from([*PIECES, True, False, 1, "a", None, [], {}]),
    lambda inner: st.dictionaries(
        st.sampled_from(INSIDE),
        inner | st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "a"]), inner, max_size=2),
        max_size=3,
    ),
    max_leaves=8,
)
META = Draft202012Validator(Draft202012Validator.META_SCHEMA)


@settings(max_examples=150, deadline=None)
@given(schema=SCHEMAS)
def test_our_check_of_schemas_and_the_meta_schema_agree(schema: Any) -> None:
    whole = {"properties": {"a": schema}}
    assert META.is_valid(whole) == (not list(schema_faults(whole)))
