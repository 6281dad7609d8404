"""The way of every task: `if`, input, the work of its kind, output, export, and on."""

from __future__ import annotations

import json

from engine import events as e
from engine.decide.delays import milliseconds
from engine.decide.extensions import after_extension, before_extension
from engine.decide.faulting import guarded
from engine.decide.faults import Fault, standard_error
from engine.decide.inline import INLINE, inline_output
from engine.decide.kinds import proceed
from engine.decide.queueing import GATE_KEY, is_held_back, queue
from engine.decide.reusing import is_given, take_given
from engine.decide.tasksize import check_size
from engine.decide.transition import Transition
from engine.decide.visit import Visit
from engine.definition.model import Step
from engine.paths import ROOT, nth
from engine.state import Scope, Task


def advance_scope(transition: Transition, scope: Scope) -> None:
    """Enter the next task of a list, or end the list."""
    if scope.active is not None:
        return
    step = next_step(transition, scope)
    if step is not None:
        path = path_of(scope, step)
        visit = Visit(
            transition=transition,
            step=step,
            path=path,
            scope=scope,
            raw_input=scope.data,
            input=scope.data,
            started_at_ms=transition.at_ms,
        )
        guarded(transition, path, lambda: enter(visit))
        return

    then = scope.then if scope.then in ("end", "exit") else "continue"
    if then == "end":
        transition.cancel_all_but(scope.path, "the workflow ended")
    transition.emit(e.ScopeCompleted(path=scope.path, then=then))
    transition.then(ROOT if then == "end" else scope.owner)


def path_of(scope: Scope, step: Step) -> str:
    """Give the instance path of the next pass through a task of the scope."""
    return nth(f"{scope.path}/{step.segment}", scope.passes.get(step.segment, 0) + 1)


def next_step(transition: Transition, scope: Scope) -> Step | None:
    """Give the task the flow directive leads to, if any is left."""
    tasks = transition.list_at(scope.path)
    if scope.last is None:
        return tasks.steps[0] if tasks.steps else None
    if scope.then in ("exit", "end"):
        return None
    if scope.then == "continue":
        index = position(tasks.steps, scope.last) + 1
        return tasks.steps[index] if index < len(tasks.steps) else None
    index = tasks.index_by_name.get(scope.then, -1)
    if index < 0:
        known = ", ".join(tasks.index_by_name)
        error = standard_error("configuration", f"then: {scope.then!r} is no task of this list ({known})")
        raise Fault(error)
    return tasks.steps[index]


def position(steps: tuple[Step, ...], segment: str) -> int:
    """Give the index of the task with this segment: its leading number, or 0 for a list of one."""
    head = segment.partition("/")[0]
    return int(head) if head.isdecimal() and len(steps) > int(head) else 0


def enter(visit: Visit) -> None:
    """Begin a task: pass it over, do it at once, or make it live."""
    step, transition = visit.step, visit.transition
    if step.condition is not None and not visit.holds("if", step.condition, visit.raw_input):
        transition.emit(e.TaskSkipped(path=visit.path))
        transition.then(visit.scope.path if visit.scope else ROOT)
        return
    visit.validate("input", step.input_schema, visit.raw_input)
    if step.input_from is not None:
        visit.input = visit.evaluate("input.from", step.input_from, visit.raw_input)
    if step.kind in INLINE and not step.before and not step.after and not is_given(visit):
        output, then = inline_output(visit)
        finish(visit, output, then)
        return
    changed = visit.input if visit.input != visit.raw_input else None
    transition.emit(e.TaskStarted(path=visit.path, kind=step.kind, input=changed))
    if step.timeout is not None:
        transition.set_timer(visit.path, "timeout", milliseconds(visit, "timeout", step.timeout))
    transition.then(visit.path)


def advance_task(transition: Transition, task: Task) -> None:
    """Take a live task as far as it goes."""
    if (task.awaiting is not None and task.kind != "listen") or task.asked:
        return
    guarded(transition, task.path, lambda: _advance(transition, task))


def _advance(transition: Transition, task: Task) -> None:
    visit = visit_of(transition, task)
    if task.kind == "entering":
        enter(visit)
        return
    if task.kind == "workflow" and (task.cursor == 0 or GATE_KEY in task.answers):
        begin(visit)
        return
    _limit_time(visit, task)
    if task.error is not None and task.failed_scope is not None and task.kind != "try":
        raise Fault(json.loads(task.error))
    take_given(visit, task)
    if task.kind != "workflow" and before_extension(visit, task):
        return
    result = (task.output, None) if task.exited else proceed(visit, task)
    if result is None:
        return
    output, then = result
    if task.kind in INLINE and task.output is None and output is not None:
        transition.emit(e.TaskReported(path=task.path, attempt=task.attempt, output=output))
    if task.kind != "workflow" and not task.exited and after_extension(visit, task, output):
        return
    finish(visit, output if output is not None else visit.input, then)


def _limit_time(visit: Visit, task: Task) -> None:
    """Set the task's time limit where it has none running: a run that is taken up again gets all its time anew."""
    timeout = visit.step.timeout
    if timeout is not None and f"{task.path}#timeout" not in visit.transition.state.timers:
        visit.transition.set_timer(task.path, "timeout", milliseconds(visit, "timeout", timeout))


def begin(visit: Visit) -> None:
    """Begin the workflow itself: its input, its time limit, its first list."""
    step, transition = visit.step, visit.transition
    if is_held_back(visit):
        # Its key had to be evaluated outside, and is known now.
        queue(visit)
        return
    visit.validate("input", step.input_schema, visit.raw_input)
    data = None
    if step.input_from is not None:
        data = visit.evaluate("input.from", step.input_from, visit.raw_input)
    if step.timeout is not None:
        transition.set_timer(ROOT, "timeout", milliseconds(visit, "timeout", step.timeout))
    transition.emit(e.ScopeStarted(path="/do", owner=ROOT, data=data))
    transition.then("/do")


def visit_of(transition: Transition, task: Task) -> Visit:
    """Give the visit of a live task."""
    return Visit(
        transition=transition,
        step=transition.step_at(task.path),
        path=task.path,
        scope=transition.state.scopes.get(task.parent) if task.path != ROOT else None,
        raw_input=task.raw_input,
        input=task.input,
        started_at_ms=task.started_at_ms,
        task=task,
    )


def finish(visit: Visit, raw_output: str, then: str | None) -> None:
    """End a task with its raw output: transform, validate, export, and go on."""
    step, transition = visit.step, visit.transition
    visit.raw_output = raw_output
    output = raw_output
    if step.output_as is not None:
        output = visit.evaluate("output.as", step.output_as, raw_output)
    visit.validate("output", step.output_schema, output)
    check_size(transition, "output", output)
    if visit.path == ROOT:
        transition.emit(e.RunCompleted(output=output))
        return
    visit.output = output
    context = None
    if step.export_as is not None:
        context = visit.evaluate("export.as", step.export_as, output)
        visit.validate("export", step.export_schema, context)
        check_size(transition, "context", context)
    transition.emit(_completed(visit, output, context, then or step.then))
    transition.then(visit.scope.path if visit.scope else ROOT)


def _completed(visit: Visit, output: str, context: str | None, then: str) -> e.TaskCompleted:
    """Give the event, without what the fold knows already."""
    task = visit.task
    known = task.output if task is not None and task.output is not None else visit.input
    changed = visit.input if visit.input != visit.raw_input and (task is None or task.kind == "entering") else None
    return e.TaskCompleted(
        path=visit.path,
        output=None if output == known else output,
        input=changed,
        context=context,
        then=then,
    )
