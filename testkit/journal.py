"""The log of a system in memory, with virtual time: commands in, commits and messages out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from engine import commands as c
from engine import messages as m
from engine.decide import World, decide
from engine.events import Commit
from engine.react import react
from engine.replay import new_state
from engine.snapshot import State

#: Called after every commit with the state before, the commit, and the state after.
Observer = Callable[[State, Commit, State], None]


@dataclass(slots=True)
class Journal:
    """Decides commands one after the other and keeps everything that came of them."""

    world: World
    now_ms: int = 1_700_000_000_000
    states: dict[str, State] = field(default_factory=dict)
    commits: list[Commit] = field(default_factory=list)
    #: Messages nobody has dealt with yet, oldest first.
    outbox: list[m.Message] = field(default_factory=list)
    observers: list[Observer] = field(default_factory=list)

    def submit(self, command: c.Command) -> Commit:
        """Decide a command now and keep its commit; its reactions go to the outbox."""
        placed = replace(command, at_ms=self.now_ms, offset=len(self.commits))
        before = self.states.get(placed.run_id) or new_state(placed.run_id)
        decision = decide(before, placed, self.world)
        commit = Commit(
            run_id=placed.run_id,
            command_id=placed.command_id,
            command_offset=placed.offset,
            actor=placed.actor,
            origin=placed.origin,
            at_ms=placed.at_ms,
            parent=b"",
            seq=before.seq + 1,
            events=decision.events,
        )
        self.commits.append(commit)
        self.states[placed.run_id] = decision.state
        for observe in self.observers:
            observe(before, commit, decision.state)
        self.outbox += react(decision.state, commit)
        return commit

    def order(self, run_id: str, body: c.Order, actor: str = "test") -> Commit:
        """Decide an order now."""
        return self.submit(c.Command(run_id=run_id, command_id=f"{actor}/{len(self.commits)}", actor=actor, body=body))

    def history(self, run_id: str) -> list[Commit]:
        """Give the commits of one run."""
        return [commit for commit in self.commits if commit.run_id == run_id]

    def fire(self, timer: m.SetTimer) -> Commit:
        """Let a timer come due: time moves on to its instant if that is ahead."""
        self.now_ms = max(self.now_ms, timer.fire_at_ms)
        return self.order(timer.run_id, c.FireTimer(timer_id=timer.timer_id), actor="timer")
