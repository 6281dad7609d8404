"""Data whose validation would hold up a partition is validated outside."""

from __future__ import annotations

from typing import Any

import pytest

from engine import events as e
from engine.errors import EvaluateOutside
from language.validate import JsonSchemaValidator, Patience
from tests.unit.engine.documents import run

SMALL, LARGE = "x" * 10, "x" * 20_000
SCHEMA = "{document: {type: object, required: [text], properties: {text: {type: string}}}}"


def requested(played: Any) -> list[str]:
    return [event.slot for event in played.events if isinstance(event, e.ValidationRequested)]


@pytest.mark.parametrize(("text", "slots"), [(SMALL, []), (LARGE, ["input.schema"])])
def test_the_input_of_a_workflow(text: str, slots: list[str]) -> None:
    played = run(f"input: {{schema: {SCHEMA}}}\ndo: [{{a: {{set: {{n: 1}}}}}}]", {"text": text})
    assert (played.output, requested(played)) == ({"n": 1}, slots)
    wrong = run(f"input: {{schema: {SCHEMA}}}\ndo: [{{a: {{set: {{n: 1}}}}}}]", {"texts": text})
    assert (wrong.error["type"].rpartition("/")[2], wrong.error["status"]) == ("validation", 400)
    assert 'lacks the key "text"' in wrong.error["detail"]
    assert requested(wrong) == slots


def test_input_output_and_export_of_tasks() -> None:
    flow = f"input: {{schema: {SCHEMA}}}, output: {{schema: {SCHEMA}}}, export: {{as: ., schema: {SCHEMA}}}"
    played = run(f"do: [{{a: {{set: '${{ . }}', {flow}}}}}, {{b: {{set: {{n: 1}}}}}}]", {"text": LARGE})
    assert (played.output, requested(played)) == ({"n": 1}, ["input.schema", "output.schema", "export.schema"])


def test_a_violation_of_a_tasks_output_can_be_caught() -> None:
    inner = f"{{a: {{set: {{texts: '${{ .text }}'}}, output: {{schema: {SCHEMA}}}}}}}"
    played = run(f"do: [{{t: {{try: [{inner}], catch: {{do: [{{h: {{set: {{caught: true}}}}}}]}}}}}}]", {"text": LARGE})
    assert played.output == {"caught": True}


def test_what_takes_many_steps_is_sent_outside_however_small_it_is() -> None:
    schema = '{"type":"array","items":{"type":"integer"}}'
    data = "[" + ",".join(["1"] * 3000) + "]"
    with pytest.raises(EvaluateOutside):
        JsonSchemaValidator().violations(schema, data)
    assert JsonSchemaValidator(Patience.WITHOUT).violations(schema, data) == []
    assert JsonSchemaValidator().violations(schema, "[1,2]") == []
