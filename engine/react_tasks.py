"""What workers and evaluators are sent."""

from __future__ import annotations

from typing import TypedDict

from engine import events as e
from engine import messages as m
from engine.conversation import model_call
from engine.events import Commit
from engine.state import RunState


class OfRun(TypedDict):
    """What every task for a worker says of its run."""

    run_id: str
    namespace: str
    name: str
    version: str


def of_run(state: RunState) -> OfRun:
    """Give the run's part of a task."""
    return OfRun(run_id=state.run_id, namespace=state.namespace, name=state.name, version=state.version)


def waiting_for(state: RunState, path: str) -> list[m.Message]:
    """Give the task at `path`, if it waits for a worker."""
    task = state.tasks.get(path)
    if task is None or task.awaiting != "worker" or task.node_type is None:
        return []
    arguments, secrets = task.arguments or "null", task.secret_expressions
    if task.kind == "model":
        # The log has the messages of an agent once: what its model is given is put together here.
        arguments, secrets = model_call(state, task)
    return [
        m.DispatchTask(
            path=path,
            attempt=task.attempt,
            node_type=task.node_type,
            arguments=arguments,
            secret_expressions=secrets,
            deadline_ms=task.deadline_ms,
            **of_run(state),
        )
    ]


def sent_and_left(state: RunState, commit: Commit, event: e.TaskScheduled) -> list[m.Message]:
    """Give the task of `event` if its own commit completed it without a result: it was scheduled with `await: false`.

    One whose result was taken from another run is completed in the same commit, too, and is not sent.
    """
    if event.path in state.tasks or state.mode == "stub":
        return []
    ends = [type(each) for each in commit.events if getattr(each, "path", None) == event.path]
    if e.TaskCompleted not in ends or e.ResultReused in ends:
        return []
    return [
        m.DispatchTask(
            path=event.path,
            attempt=event.attempt,
            node_type=event.node_type,
            arguments=event.arguments,
            secret_expressions=event.secret_expressions,
            deadline_ms=event.deadline_ms,
            **of_run(state),
        )
    ]


def evaluation(state: RunState, event: e.EvaluationRequested | e.ValidationRequested) -> list[m.Message]:
    """Give an expression or a validation for the evaluators, under the path `TASK#SLOT`."""
    task = state.tasks.get(event.path)
    if task is None or event.slot not in task.asked:
        return []
    what = ("source", event.source) if isinstance(event, e.EvaluationRequested) else ("schema", event.schema)
    arguments = f'{{"{what[0]}":{m.json_text(what[1])},"input":{m.json_text(event.data)}}}'
    return [
        m.DispatchTask(
            path=f"{event.path}#{event.slot}",
            attempt=1,
            node_type="expression",
            arguments=arguments,
            secret_expressions=None,
            deadline_ms=0,
            **of_run(state),
        )
    ]
