"""Starting runs: by an id of our own or by the caller's idempotency key, with or without waiting for the end."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from api.auth import Caller
from api.bodies import json_text
from api.catalogue import Catalogue
from api.commands import Commands, rejection
from api.ids import keyed_run_id, new_run_id
from api.live import Live, Watch
from api.problems import Problem, conflict, not_found, unprocessable
from api.runs import Accepted, Runs, folded, new_run
from engine.commands import StartRun
from engine.events import Commit
from engine.state import FINAL, RunState
from schemas.records import Definition

#: How long a start with an idempotency key waits to learn whether the key was used before.
KEY_WAIT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What somebody asks for. `version` is `None` for the highest one."""

    namespace: str
    name: str
    version: str | None
    input: Any
    by: Caller
    key: str | None = None
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """The way a run comes to be."""

    commands: Commands
    catalogue: Catalogue
    live: Live
    runs: Runs
    accepted: Accepted

    async def start(self, start: Start) -> RunState:
        """Give the run as it stands after at most `wait_s`. Raises problems; see docs/reference/api.md."""
        definition = self._definition(start)
        run_id = keyed_run_id(start.namespace, start.name, start.key) if start.key is not None else new_run_id()
        if start.key is not None and (known := await self._known(run_id)):
            return await self._again(known, start)
        with self.live.watch(run_id) as watch:
            order = StartRun(
                namespace=definition.namespace,
                name=definition.name,
                version=definition.version,
                input=json_text(start.input),
                keyed=start.key is not None,
            )
            since = self.accepted.recent.added
            command_id = await self.commands.send(run_id, order, start.by)
            self.accepted.add(_pending(run_id, order), since)
            return await self._settled(watch, command_id, start)

    def _definition(self, start: Start) -> Definition:
        found = self.catalogue.find(start.namespace, start.name, start.version)
        if found is None:
            wanted = f"{start.namespace}/{start.name}" + (f":{start.version}" if start.version else "")
            raise not_found(f"no workflow {wanted} is published")
        return found

    async def _known(self, run_id: str) -> RunState | None:
        """Give the run the key was used for, if that is easy to know; the orchestrator knows it in any case."""
        try:
            return await self.runs.find(run_id)
        except Problem:
            return None

    async def _settled(self, watch: Watch, command_id: str, start: Start) -> RunState:
        """Wait for the end, or with a key for the verdict, and give the state that was reached."""
        state = new_run(watch.run_id)
        is_open, began = start.key is not None, time.monotonic()
        while (left_s := began + max(start.wait_s, KEY_WAIT_S if is_open else 0.0) - time.monotonic()) > 0:
            for commit in await watch.take(left_s):
                if commit.command_id == command_id:
                    is_open = False
                    if _is_refused(commit):
                        return await self._refused(commit, start)
                folded(state, [commit])
            if state.status in FINAL:
                break
        return state if state.seq else self.accepted.without_commit(watch.run_id) or state

    async def _refused(self, commit: Commit, start: Start) -> RunState:
        known = await self.runs.find(commit.run_id) if start.key is not None else None
        if known is not None and known.seq:
            return await self._again(known, start)
        rejected = rejection(commit)
        raise conflict("rejected", rejected.reason if rejected else "", run=commit.run_id, command="StartRun")

    async def _again(self, known: RunState, start: Start) -> RunState:
        """Give the run that the key stands for already, at its end if that comes in time."""
        if start.version not in (None, known.version) or _canonical(json.loads(known.input)) != _canonical(start.input):
            detail = "the Idempotency-Key was used for another version or input of this workflow: take another key"
            raise unprocessable("key-reused", detail, run=known.run_id)
        with self.live.watch(known.run_id) as watch:
            deadline = time.monotonic() + start.wait_s
            state = await self.runs.find(known.run_id) or known
            while state.status not in FINAL and (left_s := deadline - time.monotonic()) > 0:
                folded(state, await watch.take(left_s))
        return state


def _canonical(data: Any) -> str:
    """Give the same text for the same JSON: `1` is neither `1.0` nor `true`."""
    return json.dumps(data, sort_keys=True)


def _is_refused(commit: Commit) -> bool:
    return rejection(commit) is not None


def _pending(run_id: str, order: StartRun) -> RunState:
    return RunState(
        run_id=run_id,
        namespace=order.namespace,
        name=order.name,
        version=order.version,
        input=order.input,
        source=order.source,
    )
