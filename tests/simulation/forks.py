"""A world that always answers the same, whoever asks and in whatever order: what a run and its fork have in common."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from engine import commands as c
from engine import events as e
from engine import messages as m
from engine.definition import compile_definition
from engine.forking import forkable, settled
from engine.replay import fold, new_state
from engine.snapshot import dump
from engine.state import FINAL, RunState
from testkit.agents import answer, calls
from testkit.journal import Journal
from testkit.outside import evaluated
from testkit.play import world_of
from tests.simulation.driver import CHILDREN

#: What is of its run alone: a CloudEvent's derived id and its instant, when somebody decided.
OWN = re.compile(r'(?<="id":)"[0-9a-f]{32}"|(?<="time":)"[^"]*"|(?<="at":)"[^"]*"')

UNAVAILABLE = {"type": "https://serverlessworkflow.io/spec/1.0.0/errors/communication", "status": 503}


@dataclass(slots=True)
class Calm:
    """One run in a world without accidents. With `is_hasty` the newest message is dealt with first."""

    document: dict[str, Any]
    run_id: str = "run"
    is_hasty: bool = False
    journal: Journal = field(init=False)
    timers: list[m.SetTimer] = field(default_factory=list)
    listeners: list[m.OpenSubscription] = field(default_factory=list)
    worked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        definitions = [compile_definition(document) for document in (self.document, *CHILDREN)]
        self.journal = Journal(world=world_of(definitions))

    def begin(self, order: c.Order) -> RunState:
        """Begin the run with an order and let it come to its end."""
        self.journal.order(self.run_id, order)
        for _ in range(5000):
            if not self.step():
                break
        return self.state

    @property
    def state(self) -> RunState:
        state = self.journal.states[self.run_id]
        assert isinstance(state, RunState)
        return state

    def step(self) -> bool:
        """Deal with one thing that is due; tell whether there was one."""
        if self.journal.outbox:
            self.deal(self.journal.outbox.pop(-1 if self.is_hasty else 0))
            return True
        if self.decide():
            return True
        if self.timers:
            timer = min(self.timers, key=lambda each: each.fire_at_ms)
            self.timers.remove(timer)
            self.journal.fire(timer)
            return True
        return any(self.deliver(listener) for listener in list(self.listeners))

    def decide(self) -> bool:
        """Let everybody approve what is open; tell whether that ended an approval."""
        for run_id, state in list(self.journal.states.items()):
            for approval_id in list(state.approvals) if isinstance(state, RunState) else ():
                act = c.ActOnApproval(approval_id=approval_id, act="approve")
                for person in ("ana", "ben", "cat", "dan"):
                    self.journal.order(run_id, act, actor=f"user:{person}")
                now = self.journal.states[run_id]
                if isinstance(now, RunState) and approval_id not in now.approvals:
                    return True
        return False

    def deliver(self, listener: m.OpenSubscription) -> bool:
        """Give a listener the next event of its own; tell whether it still listens."""
        state = self.journal.states[listener.run_id]
        task = state.tasks.get(listener.path) if isinstance(state, RunState) else None
        if task is None or task.awaiting != "event" or state.status in FINAL:
            self.listeners.remove(listener)
            return False
        number = sum(task.matched.values())
        event = {"specversion": "1.0", "id": f"{listener.path}{number}", "source": "/sim", "type": "sim.event"}
        delivered = json.dumps({**event, "data": {"n": 1}})
        self.journal.order(listener.run_id, c.DeliverEvent(path=listener.path, filter_index=0, event=delivered))
        return True

    def deal(self, message: m.Message) -> None:
        """Do what a message asks."""
        match message:
            case m.SendCommand(command=command):
                self.journal.submit(command)
            case m.DispatchTask():
                self.journal.order(message.run_id, self.answer(message))
            case m.SetTimer():
                self.timers.append(message)
            case m.OpenSubscription():
                self.listeners.append(message)
            case _:
                pass

    def answer(self, message: m.DispatchTask) -> c.Order:
        """Give the one answer there is to this task."""
        if message.node_type == "expression":
            return evaluated(message)
        if message.node_type == "model":
            return self.said(message)
        self.worked.append(message.path)
        if blake2b(message.path.encode(), digest_size=1).digest()[0] < 30:
            return c.FailTask(path=message.path, attempt=message.attempt, error=json.dumps(UNAVAILABLE))
        return c.CompleteTask(path=message.path, attempt=message.attempt, output=message.arguments)

    def said(self, message: m.DispatchTask) -> c.Order:
        """Give what the model answers: a call of its first tool, and then an end."""
        asked = json.loads(message.arguments)
        said = calls((asked["tools"][0]["name"], {"n": 1})) if asked["turn"] == 1 and asked["tools"] else answer("done")
        return c.CompleteTask(path=message.path, attempt=message.attempt, output=json.dumps(said))


@dataclass(slots=True)
class Ended:
    """How a run ended, in a form that is the same for a run and its fork."""

    status: str
    result: str
    done: Counter[str]


def started(document: dict[str, Any], run_id: str = "run", *, is_hasty: bool = False) -> Calm:
    """Give a run that came to its end."""
    calm = Calm(document=document, run_id=run_id, is_hasty=is_hasty)
    calm.begin(c.StartRun(namespace="sim", name="random", version="1.0.0", input='{"n":1,"xs":[1,2,3]}'))
    return calm


def moments(calm: Calm) -> list[tuple[int, int]]:
    """Give the events after which the run can be forked, each with the event its step ends with."""
    found: list[tuple[int, int]] = []
    for commit in calm.journal.history(calm.run_id):
        numbers = forkable(commit.events, commit.seq)
        found.extend((number, settled(commit.events, commit.seq, number)) for number in numbers)
    return found


def state_at(calm: Calm, number: int) -> RunState:
    """Give the state after an event."""
    state = new_state(calm.run_id)
    for commit in calm.journal.history(calm.run_id):
        for at, event in enumerate(commit.events, commit.seq):
            if at <= number:
                fold(state, event, commit.at_ms)
    assert isinstance(state, RunState)
    return state


def order_at(calm: Calm, number: int, **more: Any) -> c.ForkRun:
    """Give the order to fork the run after an event that ends a step."""
    state = state_at(calm, number)
    reference = {"namespace": state.namespace, "name": state.name, "version": state.version}
    return c.ForkRun(**{**reference, "forked_from": calm.run_id, "at_event": number, "state": dump(state), **more})


def forked(calm: Calm, number: int, run_id: str = "fork", **more: Any) -> Calm:
    """Give a fork that came to its end."""
    fork = Calm(document=calm.document, run_id=run_id)
    fork.begin(order_at(calm, number, **more))
    return fork


def ended(calm: Calm, until: int = 0) -> Ended:
    """Tell how the run ended, and what completed after its event `until`, with its own id left out."""
    state = calm.state
    done: Counter[str] = Counter()
    for commit in calm.journal.history(calm.run_id):
        for number, event in enumerate(commit.events, commit.seq):
            if number > until and isinstance(event, e.TaskCompleted):
                done[event.path] += 1
    result = (state.output or state.error or "") + state.context
    # What was worked out before the fork names the run that did it.
    result = result.replace(state.forked_from or calm.run_id, "RUN")
    return Ended(state.status, OWN.sub('""', result.replace(calm.run_id, "RUN")), done)
