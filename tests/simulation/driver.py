"""Drives a run through a hostile world, in any order, with failures and duplicates. Checks the laws after each step."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from engine import commands as c
from engine import events as e
from engine import messages as m
from engine.approvals import ACTS
from engine.definition import compile_definition
from engine.events import Commit
from engine.replay import apply, new_state
from engine.snapshot import State, dump, load
from engine.state import FINAL, RunState
from testkit.agents import answer, calls
from testkit.journal import Journal
from testkit.outside import evaluated
from testkit.play import world_of

CHILDREN: tuple[dict[str, Any], ...] = (
    {
        "document": {"dsl": "1.0.3", "namespace": "sim", "name": "child", "version": "1.0.0"},
        "do": [{"work": {"call": "echo", "with": {"n": "${ .n }"}}}],
    },
    {
        "document": {"dsl": "1.0.3", "namespace": "sim", "name": "bad", "version": "1.0.0"},
        "do": [{"pause": {"wait": {"milliseconds": 5}}}, {"boom": {"raise": {"error": {"type": "x", "status": 500}}}}],
    },
)


@dataclass(slots=True)
class Driver:
    """One simulated system with one top-level run, `run`."""

    rng: random.Random
    document: dict[str, Any]
    journal: Journal = field(init=False)
    folded: dict[str, State] = field(default_factory=dict)
    timers: list[m.SetTimer] = field(default_factory=list)
    listeners: list[m.OpenSubscription] = field(default_factory=list)
    sent: list[c.Command] = field(default_factory=list)
    events_sent: int = 0

    def __post_init__(self) -> None:
        """Publish the documents and watch every commit."""
        definitions = [compile_definition(document) for document in (self.document, *CHILDREN)]
        self.journal = Journal(world=world_of(definitions))
        self.journal.observers.append(self.check_laws)

    def check_laws(self, before: State, commit: Commit, after: State) -> None:
        """Check, after each command, that the fold of the log is the live state and survives a snapshot."""
        folded = self.folded.get(commit.run_id) or new_state(commit.run_id)
        assert dump(folded) == dump(before), "decide changed the state it was given"
        apply(folded, commit)
        assert dump(folded) == dump(after), "the fold differs from the state that decide gave"
        self.folded[commit.run_id] = load(dump(folded))
        assert dump(self.folded[commit.run_id]) == dump(after), "the state does not survive a snapshot"
        if isinstance(before, RunState) and isinstance(after, RunState):
            self.check_approvals(before, commit, after)

    def check_approvals(self, before: RunState, commit: Commit, after: RunState) -> None:
        """Check that an approval is open from the event that opens it to the one event that ends it, and no longer."""
        still_open = set(before.approvals)
        for event in commit.events:
            if isinstance(event, e.ApprovalOpened):
                still_open.add(event.approval_id)
            elif isinstance(event, e.ApprovalClosed):
                assert event.approval_id in still_open, "an approval ended that was not open"
                still_open.remove(event.approval_id)
        is_fork = any(isinstance(event, e.RunForked) for event in commit.events)
        assert is_fork or still_open == set(after.approvals), "an approval came or went without its event"

    def run(self, steps_max: int = 3000) -> RunState:
        """Play until nothing is left to happen; give the state of the run."""
        start = c.StartRun(namespace="sim", name="random", version="1.0.0", input='{"n":1,"xs":[1,2,3]}')
        self.send(c.Command(run_id="run", command_id="start", actor="test", body=start))
        for _ in range(steps_max):
            if self.rng.random() < 0.06:
                self.interfere()
            if not self.step():
                break
        self.settle(steps_max)
        state = self.journal.states["run"]
        assert isinstance(state, RunState)
        return state

    def settle(self, steps_max: int) -> None:
        """Let a suspended run go on and bring everything to its end without further trouble."""
        for _ in range(steps_max):
            state = self.journal.states["run"]
            if isinstance(state, RunState) and state.suspended and state.status not in FINAL:
                self.order("run", c.ResumeRun())
            if not self.step():
                return
        raise AssertionError("the run did not come to rest")

    def send(self, command: c.Command) -> None:
        """Submit a command, now and then twice."""
        self.sent.append(command)
        self.journal.now_ms += self.rng.randint(0, 20)
        self.journal.submit(command)
        if self.rng.random() < 0.05:
            self.journal.submit(self.rng.choice(self.sent))

    def order(self, run_id: str, body: c.Order) -> None:
        """Submit an order."""
        self.send(c.Command(run_id=run_id, command_id=f"c{len(self.sent)}", actor="test", body=body))

    def interfere(self) -> None:
        """Do something an operator might do."""
        orders: list[c.Order] = [c.SuspendRun(), c.ResumeRun(), c.RetryTask(path=""), c.CancelRun(), c.ContinueRun()]
        order = self.rng.choice(orders)
        if not isinstance(order, c.CancelRun) or self.rng.random() < 0.1:
            self.order("run", order)

    def step(self) -> bool:
        """Deal with any one thing that is due; tell whether there was one."""
        if self.journal.outbox:
            index = self.rng.randrange(len(self.journal.outbox))
            self.deal(self.journal.outbox.pop(index))
            return True
        if self.rng.random() < 0.7 and self.decide():
            return True
        if self.timers and (not self.listeners or self.rng.random() < 0.7):
            self.fire()
            return True
        if self.listeners:
            self.deliver(self.rng.choice(self.listeners))
            return True
        return self.decide()

    def decide(self) -> bool:
        """Let somebody do something about an open approval; tell whether there was one."""
        for run_id, state in self.journal.states.items():
            if isinstance(state, RunState) and state.approvals:
                approval_id = self.rng.choice(sorted(state.approvals))
                act = self.rng.choice([*ACTS, "approve", "approve"])
                by = self.rng.choice(["ana", "ben", "cat", "dan"])
                order = c.ActOnApproval(approval_id=approval_id, act=act, to="ben", comment="so")
                self.send(c.Command(run_id=run_id, command_id=f"c{len(self.sent)}", actor=f"user:{by}", body=order))
                return True
        return False

    def deal(self, message: m.Message) -> None:
        """Do what a message asks, as the stages and workers would."""
        match message:
            case m.SendCommand(command=command):
                self.send(command)
            case m.DispatchTask():
                self.order(message.run_id, self.result(message))
            case m.SetTimer():
                self.timers.append(message)
            case m.OpenSubscription():
                self.listeners.append(message)
            case m.CloseSubscription(path=path, run_id=run_id):
                self.listeners = [each for each in self.listeners if (each.run_id, each.path) != (run_id, path)]
            case m.CancelTask() | m.PublishEvent():
                pass

    def result(self, message: m.DispatchTask) -> c.Order:
        """Give what a worker might answer."""
        if message.node_type == "expression":
            return evaluated(message)
        if message.node_type == "model":
            return self.answer(message)
        if self.rng.random() < 0.15:
            error = {"type": "https://serverlessworkflow.io/spec/1.0.0/errors/communication", "status": 503}
            return c.FailTask(path=message.path, attempt=message.attempt, error=json.dumps(error))
        if self.rng.random() < 0.05:
            return c.HeartbeatTask(path=message.path, attempt=message.attempt, worker="w", lease_ms=100)
        return c.CompleteTask(path=message.path, attempt=message.attempt, output=message.arguments)

    def answer(self, message: m.DispatchTask) -> c.Order:
        """Give what a model might answer: a failure, tool calls of any kind, or an end."""
        if self.rng.random() < 0.2:
            error = json.dumps({"type": "x", "status": 429, "retryAfterMs": self.rng.choice([None, 0, 700, 1e9])})
            is_passing = self.rng.random() < 0.8
            return c.FailTask(path=message.path, attempt=message.attempt, error=error, retryable=is_passing)
        if self.rng.random() < 0.4:
            said = answer(self.rng.choice(["done", '{"n":1}']), self.rng.choice(["stop", "stop", "length"]))
        else:
            names = [tool["name"] for tool in json.loads(message.arguments)["tools"]] + ["nothing"]
            wanted = ((self.rng.choice(names), self.rng.choice([{"n": 1}, {}])) for _ in range(self.rng.randint(1, 4)))
            said = calls(*wanted)
        if self.rng.random() < 0.02:
            said = {"message": None}
        return c.CompleteTask(path=message.path, attempt=message.attempt, output=json.dumps(said))

    def deliver(self, listener: m.OpenSubscription) -> None:
        """Deliver an event to a listener; one that is gone stops listening."""
        self.events_sent += 1
        event = {
            "specversion": "1.0",
            "id": str(self.events_sent),
            "source": "/sim",
            "type": "sim.event",
            "data": {"n": 1},
        }
        self.order(listener.run_id, c.DeliverEvent(path=listener.path, filter_index=0, event=json.dumps(event)))
        state = self.journal.states[listener.run_id]
        if not isinstance(state, RunState) or listener.path not in state.tasks:
            self.listeners.remove(listener)
        elif state.suspended:
            self.order(listener.run_id, c.ResumeRun())

    def fire(self) -> None:
        """Fire a timer, mostly when it is due; an early one is refused and comes again."""
        timer = min(self.timers, key=lambda each: each.fire_at_ms)
        if self.rng.random() < 0.9:
            self.journal.now_ms = max(self.journal.now_ms, timer.fire_at_ms)
        self.timers.remove(timer)
        self.order(timer.run_id, c.FireTimer(timer_id=timer.timer_id))
        state = self.journal.states[timer.run_id]
        if isinstance(state, RunState) and timer.timer_id in state.timers and not state.suspended:
            self.timers.append(timer)


def terminal_events(journal: Journal, run_id: str) -> list[e.Event]:
    """Give the events that end the run."""
    ends = (e.RunCompleted, e.RunFaulted, e.RunCancelled)
    return [event for commit in journal.history(run_id) for event in commit.events if isinstance(event, ends)]
