"""Work outside the engine: node workers and child runs."""

from __future__ import annotations

import json
from hashlib import blake2b

from engine import events as e
from engine.decide.faults import Fault, standard_error
from engine.decide.reusing import recorded_for, reuse
from engine.decide.settling import settled_arguments
from engine.decide.tasksize import check_size
from engine.decide.visit import Visit
from engine.definition.model import CallBody, ChildBody, Value
from engine.errors import ExpressionFailed
from engine.recorded import call_digest, child_digest
from engine.state import Task


def proceed_call(visit: Visit, task: Task, body: CallBody) -> tuple[str | None, str | None] | None:
    """Schedule the work, or take its result."""
    if task.output is not None:
        return task.output, None
    transition = visit.transition
    loose, loose_secrets = settled_arguments(body.arguments, visit.is_evaluable({"secrets": "{}"}))
    arguments = visit.evaluate("with", loose, visit.input)
    check_size(transition, "arguments", arguments)
    secrets = secret_expressions(visit, (*body.secret_parts, *loose_secrets))
    check_size(transition, "data of its secret expressions", secrets or "")
    found = None
    if body.awaited:
        found = recorded_for(visit, lambda: call_digest(task.path, body.node_type, arguments, secrets))
    deadline = transition.state.timers.get(f"{task.path}#timeout")
    transition.emit(
        e.TaskScheduled(
            path=task.path,
            attempt=task.attempt,
            node_type=body.node_type,
            arguments=arguments,
            secret_expressions=secrets,
            deadline_ms=deadline.fire_at_ms if deadline is not None else 0,
        )
    )
    if not body.awaited:
        return None, None
    output = reuse(visit, task, found)
    return None if output is None else (output, None)


def secret_expressions(visit: Visit, secret_parts: tuple[tuple[str, str], ...]) -> str | None:
    """Give the parts the worker evaluates itself, each with its data and variables but no secret."""
    if not secret_parts:
        return None
    evaluator = visit.transition.world.ports.evaluator
    try:
        prepared = [evaluator.prepare(source, visit.input, visit.lookup_public()) for _, source in secret_parts]
    except ExpressionFailed as failure:
        raise Fault(standard_error("expression", str(failure))) from failure
    parts = [
        {"pointer": pointer, "source": source, "input": text}
        for (pointer, source), text in zip(secret_parts, prepared, strict=True)
    ]
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)


def proceed_child(visit: Visit, task: Task, body: ChildBody) -> tuple[str | None, str | None] | None:
    """Start the child run, or take its result."""
    if task.output is not None or (task.child_run_id is not None and not body.awaited):
        return task.output, None
    transition = visit.transition
    namespace, name = (_text(visit, slot, getattr(body, slot)) for slot in ("namespace", "name"))
    version = _text(visit, "version", body.version)
    given = visit.evaluate("run.input", body.input, visit.input) if body.input is not None else visit.input
    check_size(transition, "input of the child run", given)
    depth = transition.state.run_id.count(".") + 1
    if depth > transition.limits.depth_max:
        raise Fault(
            standard_error("runtime", f"runs are nested {depth} deep, the limit is {transition.limits.depth_max}")
        )
    found = None
    if body.awaited:
        found = recorded_for(visit, lambda: child_digest(task.path, (namespace, name, version), given))
    transition.emit(
        e.ChildStarted(
            path=task.path,
            child_run_id=child_run_id(transition.state.run_id, task.path),
            namespace=namespace,
            name=name,
            version=version,
            input=given,
            awaited=body.awaited,
        )
    )
    if not body.awaited:
        return None, None
    output = reuse(visit, task, found)
    return None if output is None else (output, None)


def child_run_id(run_id: str, path: str) -> str:
    """Give the id of a child run: its root's, how deep it is by dots, and a digest of where it was started."""
    root = run_id.partition(".")[0]
    depth = run_id.count(".") + 1
    place = blake2b(f"{run_id}{path}".encode(), digest_size=12).hexdigest()
    return f"{root}{'.' * depth}{place}"


def _text(visit: Visit, slot: str, value: Value) -> str:
    found = json.loads(visit.evaluate(f"run.{slot}", value, visit.input))
    if not isinstance(found, str):
        raise Fault(standard_error("configuration", f"run.workflow.{slot} must be a text, found {found!r:.80}"))
    return found
