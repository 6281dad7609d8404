"""The order in which tasks run, and the data that flows from one to the next."""

from __future__ import annotations

import pytest

from engine import events as e
from tests.unit.engine.documents import run


def test_the_output_of_a_task_is_the_input_of_the_next() -> None:
    played = run("do: [{a: {set: {n: '${ .n + 1 }'}}}, {b: {set: {n: '${ .n * 10 }'}}}]", {"n": 1})
    assert (played.status, played.output) == ("completed", {"n": 20})
    assert played.path == ["/do/0/a", "/do/1/b"]


def test_a_task_whose_condition_is_false_is_passed_over() -> None:
    played = run("do: [{a: {if: .n == 1, set: {z: 1}}}, {b: {if: .n == 2, set: {z: 2}}}]", {"n": 2})
    assert played.output == {"z": 2}
    assert played.path == ["/do/1/b"]


def test_a_task_can_lead_to_any_task_of_its_list_and_back() -> None:
    again = "do: [{s: {set: {n: '${ (.n // 0) + 1 }'}}}, {c: {switch: [{again: {when: .n < 3, then: s}}]}}]"
    played = run(again)
    assert played.output == {"n": 3}
    passes = [event.path for event in played.events if isinstance(event, e.TaskCompleted)]
    assert passes == ["/do/0/s", "/do/1/c", "/do/0/s@2", "/do/1/c@2", "/do/0/s@3", "/do/1/c@3"]


@pytest.mark.parametrize(("then", "output"), [("exit", {"b": 1}), ("end", {"a": 1})])
def test_exit_leaves_the_list_and_end_the_workflow(then: str, output: object) -> None:
    body = f"do: [{{d: {{do: [{{s: {{set: {{a: 1}}, then: {then}}}}}, {{q: {{set: {{c: 3}}}}}}]}}}}, "
    assert run(body + "{z: {set: {b: '${ .a }'}}}]").output == output


def test_end_in_a_branch_stops_the_other_branches() -> None:
    played = run(
        "do: [{f: {fork: {branches: [{a: {wait: PT1H}}, {l: {listen: {to: {one: {with: {type: x}}}}}},"
        " {b: {set: {won: true}, then: end}}]}}}]"
    )
    assert (played.status, played.output) == ("completed", {"won": True})
    assert [event.path for event in played.events if isinstance(event, e.TaskCancelled)] == [
        "/do/0/f/fork/branches/1/l"
    ]


def test_the_context_is_what_tasks_export_and_every_expression_sees_it() -> None:
    played = run(
        "do: [{s: {set: {a: 1}, export: {as: '{saved: .a}'}}}, {u: {set: {b: '${ $context.saved }'}}}]\n"
        "output: {as: '{c: $context.saved, b: .b}'}"
    )
    assert played.output == {"c": 1, "b": 1}


def test_input_that_breaks_its_schema_faults_the_run_with_a_validation_error() -> None:
    played = run("input: {schema: {format: json, document: {type: object, required: [x]}}}\ndo: [{s: {set: {}}}]")
    assert played.status == "faulted"
    assert played.error["type"].endswith("/errors/validation")
    assert "x" in played.error["detail"]


def test_descriptors_tell_task_workflow_and_runtime() -> None:
    played = run("do: [{s: {set: {r: '${ $task.reference }', id: '${ $workflow.id }', n: '${ $runtime.name }'}}}]")
    assert played.output == {"r": "/do/0/s", "id": "run", "n": "agentos"}


def test_a_failed_expression_is_a_fault_of_the_run_that_names_the_expression() -> None:
    played = run("do: [{s: {set: {n: '${ .x + 1 }'}}}]", {"x": {}})
    assert played.error["type"].endswith("/errors/expression")
    assert played.error["instance"] == "/do/0/s"
    assert ".x + 1" in played.error["detail"]


def test_an_unbounded_expression_is_evaluated_outside_and_its_answer_is_in_the_log() -> None:
    played = run("do: [{s: {set: {ok: '${ .n | test(\"^a\") }'}}}]", {"n": "abc"})
    assert played.output == {"ok": True}
    assert [type(event).__name__ for event in played.events if "Evaluation" in type(event).__name__] == [
        "EvaluationRequested",
        "EvaluationCompleted",
    ]


def test_an_endless_expression_faults_its_own_run() -> None:
    played = run("do: [{s: {set: {n: '${ [repeat(1)] }'}}}]")
    assert played.status == "faulted"
    assert played.error["type"].endswith("/errors/expression")
