"""One model call of an agent: a task for the workers of node type `model`, retried where that may help."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

from engine import events as e
from engine.conversation import digest, model_call
from engine.decide.agent_limits import attempts_max
from engine.decide.faults import text
from engine.decide.reusing import recorded_for, reuse
from engine.decide.tasksize import check_size
from engine.decide.transition import Transition
from engine.decide.visit import Visit
from engine.recorded import call_digest
from engine.state import Task

MODEL = "model"

#: Waiting before a model call is tried again: first, doubled each time, at most.
BACKOFF_FIRST_MS = 1_000
BACKOFF_MAX_MS = 60_000
#: A provider that asks for more patience than this is not waited for.
RETRY_AFTER_MAX_MS = 3_600_000


def proceed_model(visit: Visit, task: Task) -> tuple[str | None, str | None] | None:
    """Schedule the call, or take its answer.

    The log says which messages it is given by their number and digest; they follow from the events before.
    """
    if task.output is not None:
        return task.output, None
    transition = visit.transition
    arguments, _ = model_call(transition.state, task)
    check_size(transition, "conversation", arguments, transition.limits.conversation_bytes_max)
    request = json.loads(arguments)
    turn = transition.state.tasks[transition.state.scopes[task.parent].owner].cursor
    told = {"turn": turn, "messages": len(request["messages"]), "digest": digest(request)}
    text_told = json.dumps(told, separators=(",", ":"))
    found = recorded_for(visit, lambda: call_digest(task.path, MODEL, text_told, None))
    transition.emit(
        e.TaskScheduled(
            path=task.path,
            attempt=task.attempt,
            node_type=MODEL,
            arguments=text_told,
            deadline_ms=_deadline_ms(transition, transition.state.scopes[task.parent].owner),
        )
    )
    output = reuse(visit, task, found)
    return None if output is None else (output, None)


def _deadline_ms(transition: Transition, agent: str) -> int:
    timers = (transition.state.timers.get(f"{agent}#{purpose}") for purpose in ("timeout", "wallTime"))
    return min((timer.fire_at_ms for timer in timers if timer is not None), default=0)


def try_again(transition: Transition, task: Task, error: dict[str, Any]) -> bool:
    """Set the next attempt of a model call going, if the agent allows one more; tell whether it does."""
    agent = transition.state.tasks[transition.state.scopes[task.parent].owner]
    if task.attempt >= attempts_max(json.loads(agent.arguments or "{}")):
        return False
    delay_ms = _delay_ms(transition, task, error.get("retryAfterMs"))
    if delay_ms > RETRY_AFTER_MAX_MS:
        return False
    transition.emit(e.TaskRetried(path=task.path, attempt=task.attempt + 1, delay_ms=delay_ms, error=text(error)))
    transition.set_timer(task.path, "retry", delay_ms)
    return True


def _delay_ms(transition: Transition, task: Task, retry_after_ms: Any) -> int:
    """Give the delay the provider asked for, else one that doubles, with a part of it derived from run and attempt."""
    if isinstance(retry_after_ms, int | float) and not isinstance(retry_after_ms, bool) and retry_after_ms > 0:
        return max(1, min(round(retry_after_ms), RETRY_AFTER_MAX_MS + 1))
    delay_ms = min(BACKOFF_FIRST_MS << min(task.attempt - 1, 16), BACKOFF_MAX_MS)
    seed = f"{transition.state.run_id}{task.path}#{task.attempt}".encode()
    part = int.from_bytes(blake2b(seed, digest_size=4).digest(), "big") % (delay_ms // 4)
    return delay_ms + part
