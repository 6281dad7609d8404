"""Tasks that nobody waits for: they are sent, although they are closed already when their commit is durable."""

from __future__ import annotations

from engine import events as e
from engine import messages as m
from engine.events import Commit
from engine.state import RunState


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
            run_id=state.run_id,
            path=event.path,
            attempt=event.attempt,
            node_type=event.node_type,
            arguments=event.arguments,
            secret_expressions=event.secret_expressions,
            deadline_ms=event.deadline_ms,
            namespace=state.namespace,
            name=state.name,
            version=state.version,
        )
    ]
