"""Sending orders to runs and learning what became of them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from api.auth import Caller
from api.ids import new_command_id
from api.live import Live, Watch
from api.metrics import Metrics
from api.ports import Outbox
from api.problems import Problem, conflict, unavailable
from engine.commands import Command, Order
from engine.events import CommandRejected, Commit
from infra.errors import Unreachable
from schemas.codec import encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """The way into the commands topic. `verdict_wait_s` is how long a caller waits for what an order led to."""

    outbox: Outbox
    topic: str
    live: Live
    metrics: Metrics
    verdict_wait_s: float = 10.0

    async def send(self, run_id: str, body: Order, by: Caller) -> str:
        """Give the id of the command once it is in the log. Raises a 503 problem that says what is known."""
        command = Command(run_id=run_id, command_id=new_command_id(), actor=by.actor, body=body, origin=by.origin)
        self.metrics.commands += 1
        try:
            done = self.outbox.send(self.topic, run_id.encode(), encode(command))
        except Unreachable:
            self.metrics.undelivered_commands += 1
            raise unavailable("Kafka cannot be reached: nothing was accepted, try again", run=run_id) from None
        try:
            await done
        except Unreachable:
            self.metrics.undelivered_commands += 1
            raise _unknown(run_id) from None
        return command.command_id

    async def order(self, run_id: str, body: Order, by: Caller) -> Commit | None:
        """Send an order and give the commit it led to; `None` when there is none yet.

        Raises a 409 problem with the reason when the order was rejected.
        """
        with self.live.watch(run_id) as watch:
            command_id = await self.send(run_id, body, by)
            return await self._verdict(watch, command_id)

    async def _verdict(self, watch: Watch, command_id: str) -> Commit | None:
        deadline = time.monotonic() + self.verdict_wait_s
        while (left_s := deadline - time.monotonic()) > 0:
            for commit in await watch.take(left_s):
                if commit.command_id == command_id:
                    return _accepted(commit)
        return None


def rejection(commit: Commit) -> CommandRejected | None:
    """Give the rejection a commit consists of, if it is one."""
    first = commit.events[0]
    return first if isinstance(first, CommandRejected) else None


def _accepted(commit: Commit) -> Commit:
    rejected = rejection(commit)
    if rejected is not None:
        more = {"refusal": rejected.kind, "details": rejected.details} if rejected.kind else {}
        raise conflict("rejected", rejected.reason, run=commit.run_id, command=rejected.command, **more)
    return commit


def _unknown(run_id: str) -> Problem:
    detail = (
        "Kafka did not confirm in time: it is not known whether the command was accepted. "
        "Read the run, or send the same request again with the same Idempotency-Key"
    )
    return unavailable(detail, run=run_id, outcome="unknown")
