"""The next generation of one partition, begun behind an offset: what lies before it is taken from the live tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from infra.generations import LIVE, NEXT, SQL, Generation
from infra.snapshot_rows import TimerRow

SEEDS = ("seed_commits", "seed_snapshots", "seed_phases", "seed_runs", "seed_timers", "seed_approvals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """A partition of the next generation from the offset `below` on."""

    generation: Generation
    partition: int
    below: int

    def last_commit(self) -> int | None:
        """Give the offset of the last commit before the tail, as the live tables know it."""
        row = self._execute("last_commit_below").fetchone()
        return None if row is None else row[0]

    def seed(self, head: bytes, command_offset: int) -> None:
        """Fill the next tables with what lies before the tail; `head` and `command_offset` are of the last commit."""
        with self.generation.connection.transaction():
            for name in SEEDS:
                self._execute(name)
            self._execute("seed_watermark", head=head, command_offset=command_offset)

    def states(self) -> Iterator[tuple[str, str]]:
        """Yield id and state of the runs that have a commit in the tail."""
        yield from self._execute("states_from")

    def settle(self, run_ids: Sequence[str], timers: Sequence[TimerRow]) -> None:
        """Give these runs these live timers, and count all runs again: the fold only knew what changed in the tail."""
        self._execute("clear_timers", run_ids=list(run_ids))
        target = sql.Identifier(NEXT, "timers")
        copy = sql.SQL("copy {} (run_id, timer_id, partition, path, purpose, fire_at_ms) from stdin").format(target)
        with self.generation.connection.cursor() as cursor, cursor.copy(copy) as writer:
            for row in timers:
                writer.write_row(row)
        self._execute("clear_counts")
        self._execute("recount")

    def heads(self) -> tuple[bytes | None, bytes | None]:
        """Give the digests of the last commit, in the live generation and in the next one."""
        live, fresh = (
            self.generation.connection.execute(
                SQL["head"].format(schema=sql.Identifier(schema)), (self.partition,)
            ).fetchone()
            for schema in (LIVE, NEXT)
        )
        return (live[0] if live else None, fresh[0] if fresh else None)

    def _execute(self, name: str, **values: Any) -> Any:
        query = SQL[name].format(live=sql.Identifier(LIVE), fresh=sql.Identifier(NEXT))
        given = {"partition": self.partition, "below": self.below, **values}
        return self.generation.connection.execute(query, given)
