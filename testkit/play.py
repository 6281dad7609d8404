"""Playing one run of a document with scripted results."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from engine import commands as c
from engine import events as e
from engine import messages as m
from engine.decide import World
from engine.definition import Definition, compile_definition
from engine.events import Event
from engine.paths import pointer
from engine.ports import Ports
from engine.state import FINAL, RunState
from expressions.evaluator import JqEvaluator
from language.document import plain, read
from language.tools import with_tool_schemas
from language.validate import JsonSchemaValidator
from nodes.registry import Registry, load_registry
from testkit.journal import Journal
from testkit.outside import evaluated
from testkit.people import Decides, answer
from testkit.scripted import answered, brings_script

RUN_ID = "run"

#: More commands than any sensible test takes.
COMMANDS_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fails:
    """A scripted failure of a task."""

    status: int = 500
    type: str = "https://serverlessworkflow.io/spec/1.0.0/errors/communication"
    title: str = "Scripted failure"
    detail: str = ""
    #: Whether trying again may help (by the status if not said), and further members of the error.
    retryable: bool | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


class Unscripted(AssertionError):
    """The run called a task for which the test has no result."""


#: Where an agent's model calls are, below the agent.
_MODEL = "/turns/0/model"

#: What a task gives: a JSON value, `Fails`, or a function of its arguments. A tuple is one of these for each call.
Result = Any
#: Does a task instead of a script, and gives its result as an order to the run.
Worker = Callable[[m.DispatchTask], c.Order]


@dataclass(slots=True)
class Play:
    """A run that was played to where it cannot go on."""

    journal: Journal
    run_id: str = RUN_ID
    #: Calls of node types as they came: (JSON Pointer of the task, arguments).
    calls: list[tuple[str, Any]] = field(default_factory=list)
    #: Notices about approvals as they were sent, one for each channel and occasion.
    notices: list[dict[str, Any]] = field(default_factory=list)
    #: CloudEvents that the run, or a child of it, gave out.
    emitted: list[Any] = field(default_factory=list)

    @property
    def state(self) -> RunState:
        """The state the run is in."""
        state = self.journal.states[self.run_id]
        if not isinstance(state, RunState):
            raise TypeError(f"{self.run_id} is no run")
        return state

    @property
    def status(self) -> str:
        """`completed`, `faulted`, `cancelled`, or what it waits in."""
        return self.state.status

    @property
    def output(self) -> Any:
        """The output, `None` while there is none."""
        return None if self.state.output is None else json.loads(self.state.output)

    @property
    def error(self) -> Any:
        """The error (RFC 7807) that faulted the run, if one did."""
        return None if self.state.error is None else json.loads(self.state.error)

    @property
    def events(self) -> list[Event]:
        """All events of the run, in order."""
        return [event for commit in self.journal.history(self.run_id) for event in commit.events]

    @property
    def path(self) -> list[str]:
        """The tasks that completed, as JSON Pointers, in that order."""
        return [pointer(event.path) for event in self.events if isinstance(event, e.TaskCompleted)]


def play(
    document: str | Path | Definition,
    given: Any = None,
    results: Mapping[str, Result] | Worker | None = None,
    *,
    events: Sequence[Mapping[str, Any]] = (),
    workflows: Sequence[str | Path | Definition] = (),
) -> Play:
    """Play a document, given as text, as the path of a file or compiled, from its input until it ends or waits.

    `results` are by task name or JSON Pointer, an approval's are `Decides`, one or several in turn; or they are one
    function that does the tasks. Time jumps to the next timer when nothing else is left. `events` are CloudEvents,
    delivered in turn to whatever listens. `workflows` are documents that `run: workflow` may start. Raises `Unscripted`
    when a task is called that has no result.
    """
    definitions = [definition_of(text) for text in (document, *workflows)]
    journal = Journal(world=world_of(definitions))
    scripted, worker = ({}, results) if callable(results) else ({} if results is None else results, None)
    script = Script(results=scripted, events=list(events), worker=worker)
    played = Play(journal=journal)
    main = definitions[0]
    start = c.StartRun(
        namespace=main.namespace, name=main.name, version=main.version, input=json.dumps({} if given is None else given)
    )
    journal.order(RUN_ID, start)
    for _ in range(COMMANDS_MAX):
        if not _step(played, script):
            return played
    raise AssertionError(f"the run did not end within {COMMANDS_MAX} commands")


def definition_of(document: str | Path | Definition) -> Definition:
    """Give the compiled definition of a document, as text or as the path of a file."""
    if isinstance(document, Definition):
        return document
    is_file = isinstance(document, Path) or "\n" not in document
    text = Path(document).read_text(encoding="utf-8") if is_file else str(document)
    return compile_definition(with_tool_schemas(plain(read(text)), _NodeTypes()))


@cache
def _registry() -> Registry:
    return load_registry()


class _NodeTypes:
    """The node types of this installation, loaded only when a document has an agent."""

    def names(self) -> list[str]:
        return _registry().names()

    def with_schema(self, name: str) -> dict[str, Any] | None:
        return _registry().with_schema(name)

    def description(self, name: str) -> str:
        return _registry().description(name)


def world_of(definitions: Sequence[Definition]) -> World:
    """Give a world that knows these definitions; the version `latest` is the last one given."""
    known = {(item.namespace, item.name, item.version): item for item in definitions}
    latest = {(item.namespace, item.name): item for item in definitions}

    def find(namespace: str, name: str, version: str) -> Definition | None:
        return known.get((namespace, name, version)) or (latest.get((namespace, name)) if version == "latest" else None)

    return World(definitions=find, ports=Ports(evaluator=JqEvaluator(), validator=JsonSchemaValidator()))


@dataclass(slots=True)
class Script:
    """What a test has prepared, and how much of it was used."""

    results: Mapping[str, Result]
    events: list[Mapping[str, Any]]
    worker: Worker | None = None
    used: dict[str, int] = field(default_factory=dict)
    timers: list[m.SetTimer] = field(default_factory=list)
    listeners: list[m.OpenSubscription] = field(default_factory=list)

    def answer(self, message: m.DispatchTask) -> c.Order:
        """Give what a worker would answer to a call."""
        if self.worker:
            return self.worker(message)
        is_named = any(name in self.results for name in _names(message, pointer(message.path)))
        if not is_named and brings_script(message):
            return answered(message)
        return _answer(message, self._result(message))

    def _result(self, message: m.DispatchTask) -> Result:
        at = pointer(message.path)
        key = next((name for name in _names(message, at) if name in self.results), at)
        if key not in self.results:
            raise Unscripted(f"no result is scripted for {at} ({message.node_type} with {message.arguments})")
        result = self.results[key]
        if isinstance(result, tuple):
            result = tuple(each for each in result if not isinstance(each, Decides))
            turn = self.used.get(key, 0)
            self.used[key] = turn + 1
            result = result[min(turn, len(result) - 1)]
        if callable(result):
            call: Callable[[Any], Any] = result
            result = call(json.loads(message.arguments))
        return result


def _names(message: m.DispatchTask, at: str) -> list[str]:
    """Give what the result of a call may be scripted under; that of a model call is under the agent's name, too."""
    names = [at, at.rpartition("/")[2]]
    if message.node_type == "model" and at.endswith(_MODEL):
        agent = at.removesuffix(_MODEL)
        names[:1] = [at, agent, agent.rpartition("/")[2]]
    return names


def _step(played: Play, script: Script) -> bool:
    """Deal with one message, event or timer; tell whether there was one."""
    journal = played.journal
    if journal.outbox:
        _deal(played, script, journal.outbox.pop(0))
        return True
    if answer(journal, played.run_id, script.results, script.used):
        return True
    if script.events and script.listeners and played.status not in FINAL:
        _deliver(journal, script)
        return True
    live = [timer for timer in script.timers if _is_set(journal, timer)]
    if not live:
        return False
    soonest = min(live, key=lambda timer: timer.fire_at_ms)
    script.timers.remove(soonest)
    journal.fire(soonest)
    return True


def _is_set(journal: Journal, timer: m.SetTimer) -> bool:
    state = journal.states[timer.run_id]
    return isinstance(state, RunState) and timer.timer_id in state.timers


def _deal(played: Play, script: Script, message: m.Message) -> None:
    journal = played.journal
    match message:
        case m.SendCommand(command=command):
            journal.submit(command)
        case m.DispatchTask(node_type="expression"):
            journal.order(message.run_id, evaluated(message), actor="evaluator")
        case m.DispatchTask(node_type="approval_notice"):
            played.notices.append(json.loads(message.arguments))
            result = script.results.get(f"notice {json.loads(message.arguments)['channel']['name']}", {})
            journal.order(message.run_id, _answer(message, result), actor="worker")
        case m.DispatchTask():
            played.calls.append((pointer(message.path), json.loads(message.arguments)))
            journal.order(message.run_id, script.answer(message), actor="worker")
        case m.SetTimer():
            script.timers.append(message)
        case m.OpenSubscription():
            script.listeners.append(message)
        case m.CloseSubscription():
            script.listeners = [each for each in script.listeners if each.path != message.path]
        case m.PublishEvent(event=event):
            played.emitted.append(json.loads(event))
        case m.CancelTask():
            pass


def _answer(message: m.DispatchTask, result: Result) -> c.Order:
    if isinstance(result, Fails):
        error = {"type": result.type, "status": result.status, "title": result.title, **result.more}
        if result.detail:
            error["detail"] = result.detail
        passing = result.status >= 500 if result.retryable is None else result.retryable
        return c.FailTask(path=message.path, attempt=message.attempt, error=json.dumps(error), retryable=passing)
    return c.CompleteTask(path=message.path, attempt=message.attempt, output=json.dumps(result))


def _deliver(journal: Journal, script: Script) -> None:
    """Offer the next event to every listener and filter; whom it does not fit rejects it."""
    event = json.dumps(
        {"specversion": "1.0", "id": f"e{len(script.events)}", "source": "/test", **script.events.pop(0)}
    )
    for listener in list(script.listeners):
        for index in range(max(1, len(json.loads(listener.filters)))):
            order = c.DeliverEvent(path=listener.path, filter_index=index, event=event)
            journal.order(listener.run_id, order, actor="correlator")
