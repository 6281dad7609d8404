"""The JSON Schema of the language: valid, described, and the same judge as our own checker."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from language.document import read
from language.formats import FORMATS
from language.problems import Findings
from language.schema import DSL_SCHEMA
from language.schema.editor import language_schema
from language.shape import Shape
from tests.unit.language.documents import ALL, NodeTypes

CHECKER = FormatChecker(formats=())
for _name, _fault in FORMATS.items():
    CHECKER.checks(_name)(lambda value, fault=_fault: not isinstance(value, str) or not fault(value))
JUDGE = Draft202012Validator(DSL_SCHEMA, format_checker=CHECKER)
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x y",
    "PT1S",
    "${ .a }",
    "1.0.0",
    [],
    [{}],
    {},
    {"a": {}},
    {"do": []},
    {"use": "x"},
]


def complaints(data: Any) -> list[str]:
    document = read(json.dumps(data))
    shape = Shape(Findings(document))
    shape.visit(DSL_SCHEMA, document.data, ())
    return [problem.message for problem in shape.findings.ordered()]


def parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, inside in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from parts(inside, (*path, key))


def changed(data: Any, choose: random.Random) -> Any:
    """Change one thing: remove a key, rename it, or put another value in its place."""
    data = copy.deepcopy(data)
    *way, last = choose.choice([path for path in parts(data) if path])
    holder = data
    for key in way:
        holder = holder[key]
    change = choose.randrange(3)
    if change == 0:
        del holder[last]
    elif change == 1 and isinstance(holder, dict):
        holder[choose.choice(["x", "use", "until", "do", "catch", "with", str(last) + "x"])] = holder.pop(last)
    else:
        holder[last] = choose.choice(VALUES)
    return data


def test_the_schema_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(DSL_SCHEMA)
    Draft202012Validator.check_schema(language_schema(NodeTypes()))


def test_every_property_says_what_it_is() -> None:
    def silent(schema: Any, path: str) -> Iterator[str]:
        if isinstance(schema, dict):
            for name, inside in schema.get("properties", {}).items():
                if isinstance(inside, dict) and "const" not in inside and not inside.get("description"):
                    yield f"{path}/{name}"
            for key, inside in schema.items():
                if key not in ("if", "else"):
                    yield from silent(inside, f"{path}/{key}")
        elif isinstance(schema, list):
            for index, inside in enumerate(schema):
                yield from silent(inside, f"{path}/{index}")

    assert list(silent(DSL_SCHEMA, "")) == []


def test_extensions_of_ours_are_named_as_such() -> None:
    definitions = DSL_SCHEMA["$defs"]
    ours = [
        definitions["forkTask"]["properties"]["fork"]["properties"]["limit"],
        definitions["forTask"]["properties"]["for"]["properties"]["concurrency"],
        definitions["forTask"]["properties"]["for"]["properties"]["maxIterations"],
        definitions["tryTask"]["properties"]["finally"],
    ]
    assert all(each["description"].startswith("AgentOS:") for each in ours)


@pytest.mark.parametrize("name", ALL)
def test_both_judges_accept_good_documents(name: str) -> None:
    data = read(ALL[name]).data
    assert JUDGE.is_valid(data)
    assert complaints(data) == []


@settings(max_examples=120, deadline=None)
@given(name=st.sampled_from(sorted(ALL)), seed=st.integers(0, 2**32), times=st.integers(1, 3))
def test_our_checker_and_a_general_validator_agree(name: str, seed: int, times: int) -> None:
    choose = random.Random(seed)
    data = read(ALL[name]).data
    for _ in range(times):
        data = changed(data, choose)
    said = complaints(data)
    assert JUDGE.is_valid(data) == (not said), said


def test_the_editors_schema_knows_the_arguments_of_node_types() -> None:
    judge = Draft202012Validator(language_schema(NodeTypes()))

    def accepts(task: dict[str, Any]) -> bool:
        return judge.is_valid({**read(ALL["flow"]).data, "do": [{"last": {"then": "end", **task}}]})

    assert accepts({"call": "agent", "with": {"model": "small", "prompt": "hello"}})
    assert accepts({"call": "agent", "with": {"model": "${ .m }", "prompt": "${ .p }", "turns": "${ .t }"}})
    assert accepts({"call": "free", "with": {"any": "thing"}})
    assert accepts({"call": "free"})
    assert accepts({"call": "mine:1.0.0@catalog", "with": {"any": "thing"}})
    assert not accepts({"call": "agent", "with": {"model": "huge", "prompt": "hello"}})
    assert not accepts({"call": "agent", "with": {"model": "small", "prompt": "hello", "extra": 1}})
    assert not accepts({"call": "agent"})


def test_the_editors_schema_keeps_the_arguments_of_the_standards_functions() -> None:
    class WithHttp(NodeTypes):
        def names(self) -> list[str]:
            return [*super().names(), "http"]

    assert language_schema(WithHttp())["$defs"] == language_schema(NodeTypes())["$defs"]
