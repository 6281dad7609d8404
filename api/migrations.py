"""Letting live runs follow another version of their definition: first a report, then the order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.auth import Caller
from api.bodies import json_text
from api.forks import Forks
from api.problems import Problem, unprocessable
from engine.commands import MigrateRun
from engine.fitting import Fit, fit
from engine.state import FINAL, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """Which version, and where tasks are in it."""

    version: str
    mapping: dict[str, str]
    reason: str
    by: Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrations:
    """The way a live run comes to follow another version."""

    forks: Forks

    async def report(self, run_id: str, migration: Migration) -> dict[str, Any]:
        """Tell whether the run, as it stands, fits the version. Raises 404 and 422 problems."""
        state = await self.forks.runs.state(run_id)
        found = self._fit(state, migration)
        return {
            "run": run_id,
            "from_version": state.version,
            "version": migration.version,
            "verdict": found.verdict,
            "moves": found.moves,
            "conflicts": found.conflicts,
            "reopened": found.reopened,
        }

    async def migrate(self, run_id: str, migration: Migration) -> dict[str, Any]:
        """Let the run follow the version, and give the report. Raises 409 when the run refuses."""
        report = await self.report(run_id, migration)
        if report["conflicts"]:
            raise unprocessable("does-not-fit", "; ".join(report["conflicts"]), conflicts=report["conflicts"])
        order = MigrateRun(version=migration.version, mapping=json_text(migration.mapping), reason=migration.reason)
        await self.forks.commands.order(run_id, order, migration.by)
        return report

    async def one_of_many(self, run_id: str, migration: Migration, *, is_dry: bool) -> dict[str, Any]:
        """Give what became of one run of many: what is wrong with one is no problem of the others."""
        try:
            report = await (self.report if is_dry else self.migrate)(run_id, migration)
        except Problem as problem:
            return {"run": run_id, "done": False, "result": "refused", "problems": [problem.detail]}
        done = not is_dry
        return {"run": run_id, "done": done, "result": report["verdict"], "problems": report["conflicts"]}

    def _fit(self, state: RunState, migration: Migration) -> Fit:
        if state.status in FINAL:
            raise unprocessable("run-ended", f"the run is {state.status}: there is nothing left to migrate; fork it")
        if state.version == migration.version:
            raise unprocessable("same-version", f"the run follows version {state.version} already")
        before = self.forks.compiled((state.namespace, state.name, state.version))
        after = self.forks.compiled((state.namespace, state.name, migration.version))
        return fit(state, before, after, migration.mapping)
