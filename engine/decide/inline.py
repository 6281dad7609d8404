"""Kinds of tasks that need nothing from outside and end where they begin."""

from __future__ import annotations

import json
from hashlib import blake2b

from engine import events as e
from engine.decide.faults import Fault, complete, standard_error
from engine.decide.visit import Visit
from engine.definition.model import EmitBody, RaiseBody, SetBody, SwitchBody
from engine.instants import iso8601

INLINE = frozenset({"set", "switch", "raise", "emit"})


def inline_output(visit: Visit) -> tuple[str, str | None]:
    """Do the task: its raw output, and a flow directive where it gives one."""
    match visit.step.body:
        case SetBody(value=value):
            return visit.evaluate("set", value, visit.input), None
        case SwitchBody():
            return visit.input, _choose(visit, visit.step.body)
        case EmitBody():
            return _emit(visit, visit.step.body), None
        case RaiseBody():
            raise Fault(_raised(visit, visit.step.body))
        case _:
            raise Fault(standard_error("runtime", f"{visit.step.kind} is not done at once"))


def _choose(visit: Visit, body: SwitchBody) -> str | None:
    """Give the directive of the first case that holds; none falls through to the task's own `then`."""
    for index, (when, then) in enumerate(body.cases):
        if when is None or visit.holds(f"switch.{index}", when, visit.input):
            return then
    return None


def _raised(visit: Visit, body: RaiseBody) -> dict[str, object]:
    error = json.loads(visit.evaluate("raise", body.error, visit.input))
    if not isinstance(error, dict):
        return standard_error("configuration", f"raise.error must be an object, found {error!r:.80}")
    return complete({key: value for key, value in error.items() if key != "instance"}, visit.step.pointer)


def _emit(visit: Visit, body: EmitBody) -> str:
    """Give out a CloudEvent; its id is derived, so that a repeated reaction repeats the id."""
    run_id = visit.transition.state.run_id
    attributes = json.loads(visit.evaluate("emit", body.event, visit.input))
    derived = blake2b(f"{run_id}{visit.path}".encode(), digest_size=16).hexdigest()
    event = {"specversion": "1.0", "id": derived, "time": iso8601(visit.transition.at_ms), **attributes}
    if "data" in event:
        event.setdefault("datacontenttype", "application/json")
    text = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
    visit.transition.emit(e.EventEmitted(path=visit.path, event=text))
    return text
