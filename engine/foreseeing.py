"""What a fork would do, before it exists: the rules are asked with what is known of the run it is of.

The fork is decided in memory, and every task it sends out is noted with what its like took and gave in the other run.
To see further, that result is assumed to come again; where there is none, nothing is known beyond. Time passes at once,
and nothing is sent to anybody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine import commands as c
from engine import events as e
from engine import messages as m
from engine.comparing import Step, Story
from engine.decide import World, decide
from engine.events import Commit
from engine.paths import pointer
from engine.plain import plain
from engine.react import react
from engine.recorded import Results, heard_key
from engine.replay import new_state
from engine.snapshot import State
from engine.state import RunState

#: Orders after which it is not looked further.
ORDERS_MAX = 2_000


@dataclass(slots=True, kw_only=True)
class Foreseen:
    """One thing the fork would do."""

    path: str
    #: `runs`, `reused`, `given`, `starts` (a child run), `asks` (people), `sends` (an event), `listens`.
    what: str
    node_type: str | None = None
    #: What its like took in the other run; `None` when it has none there.
    known: Step | None = None
    #: Whether it was looked beyond it, because its result is known or assumed to be the same again.
    assumed: bool = False

    def plain(self) -> dict[str, Any]:
        """Give it as JSON-like data."""
        known = None if self.known is None else self.known.plain()
        shown = ("duration_ms", "attempts", "tokens", "cost", "currency")
        return {
            "path": self.path,
            "task": pointer(self.path),
            "what": self.what,
            "node_type": self.node_type,
            "known": None if known is None else {name: known[name] for name in shown},
            "assumed": self.assumed,
        }


@dataclass(slots=True, kw_only=True)
class Foresight:
    """A fork on its way through what is known."""

    world: World
    story: Story
    #: What the other run heard, by instance path.
    heard: Results
    at_ms: int
    state: State = field(init=False)
    tasks: list[Foreseen] = field(default_factory=list)
    _todo: deque[m.Message] = field(default_factory=deque)
    _timers: list[m.SetTimer] = field(default_factory=list)
    _listening: dict[str, int] = field(default_factory=dict)
    _orders: int = 0

    def of(self, order: c.ForkRun) -> Foresight:
        """Look at what a fork would do."""
        self.state = new_state("preview")
        self._submit(order)
        while self._orders < ORDERS_MAX and self._step():
            pass
        return self

    def plain(self) -> dict[str, Any]:
        """Give what was foreseen as JSON-like data."""
        status = self.state.status
        return {
            "status": status if status in ("completed", "faulted", "cancelled") else "unknown",
            "tasks": [task.plain() for task in self.tasks],
            "totals": {what: self._total(what) for what in dict.fromkeys(task.what for task in self.tasks)},
        }

    def _total(self, what: str) -> dict[str, Any]:
        found = [task for task in self.tasks if task.what == what]
        known = [task.known for task in found if task.known is not None]
        costs: dict[str, Any] = {}
        for step in known:
            if step.cost:
                costs[step.currency] = costs.get(step.currency, 0) + step.cost
        return {
            "tasks": len(found),
            "unknown": len(found) - len(known),
            "duration_ms": sum(max(0, step.ended_at_ms - step.started_at_ms) for step in known if step.ended_at_ms),
            "tokens": sum(step.tokens for step in known),
            "costs": {currency: str(amount) for currency, amount in costs.items()},
        }

    def _step(self) -> bool:
        if self._todo:
            self._deal(self._todo.popleft())
            return True
        for path in list(self._listening):
            if self._hear(path):
                return True
        # A time limit runs out when nothing else would happen; what is not known might well happen before.
        known = getattr(self.state, "timers", {})
        purposes = {timer_id: timer.purpose for timer_id, timer in known.items()}
        waits = [timer for timer in self._timers if purposes.get(timer.timer_id) in ("wait", "retry")]
        if not waits:
            return False
        soonest = min(waits, key=lambda timer: timer.fire_at_ms)
        self._timers.remove(soonest)
        self.at_ms = max(self.at_ms, soonest.fire_at_ms)
        self._submit(c.FireTimer(timer_id=soonest.timer_id))
        return True

    def _submit(self, order: c.Order) -> None:
        self._orders += 1
        command = c.Command(run_id="preview", command_id=str(self._orders), actor="preview", body=order)
        before = self.state.seq
        decision = decide(self.state, replace(command, at_ms=self.at_ms, offset=self._orders), self.world)
        self.state = decision.state
        commit = Commit(
            run_id="preview",
            command_id=command.command_id,
            command_offset=self._orders,
            actor=command.actor,
            at_ms=self.at_ms,
            parent=b"",
            seq=before + 1,
            events=decision.events,
        )
        for event in decision.events:
            self._note(event)
        self._todo.extend(react(self.state, commit))

    def _note(self, event: e.Event) -> None:
        match event:
            case e.ResultReused():
                what = "given" if event.origin == "given" else "reused"
                self._add(event.path, what, assumed=True)
            case e.ApprovalOpened(path=path):
                self._add(path, "asks", node_type="human_approval")
            case e.EventEmitted(path=path) if getattr(self.state, "mode", "live") != "stub":
                self._add(path, "sends", assumed=True)
            case _:
                pass

    def _add(self, path: str, what: str, *, node_type: str | None = None, assumed: bool = False) -> Foreseen:
        known = self._known(path)
        found = Foreseen(
            path=path,
            what=what,
            node_type=node_type or (known.node_type if known else None),
            known=known,
            assumed=assumed,
        )
        self.tasks.append(found)
        return found

    def _known(self, path: str) -> Step | None:
        """Give what the other run did of the task: of this pass through it, else of any."""
        steps: Mapping[str, Step] = self.story.steps
        return steps.get(path) or next((step for at, step in steps.items() if plain(at) == plain(path)), None)

    def _deal(self, message: m.Message) -> None:
        match message:
            case m.DispatchTask() if "#" not in message.path:
                self._assume(message.path, "runs", message.attempt, message.node_type)
            case m.SendCommand(command=command) if isinstance(command.body, c.StartRun):
                if command.body.parent_path is not None:
                    self._assume(command.body.parent_path, "starts", 1, None)
            case m.SendCommand(command=command) if command.run_id == "preview":
                self._submit(command.body)
            case m.SetTimer():
                self._timers.append(message)
            case m.OpenSubscription(path=path):
                self._listening[path] = 0
                self._add(path, "listens", assumed=heard_key(path) in self.heard)
            case m.CloseSubscription(path=path):
                self._listening.pop(path, None)
            case _:
                pass

    def _assume(self, path: str, what: str, attempt: int, node_type: str | None) -> None:
        task = self._add(path, what, node_type=node_type)
        known = task.known
        if known is None or known.reported is None:
            return
        task.assumed = True
        self._submit(c.CompleteTask(path=path, attempt=attempt, output=known.reported))

    def _hear(self, path: str) -> bool:
        """Deliver the next event the other run's task took; tell whether there was one."""
        events, number = self.heard.get(heard_key(path), []), self._listening[path]
        if number >= len(events) or not isinstance(self.state, RunState) or path not in self.state.tasks:
            del self._listening[path]
            return False
        self._listening[path] = number + 1
        event, index = events[number]
        self._submit(c.DeliverEvent(path=path, filter_index=int(index or 0), event=event or "null"))
        return True
