"""Faults to processes: killed, frozen, stopped, at random and at the named fail points, one or several at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import get_args

import psycopg

from streams.failpoints import VARIABLE
from streams.failpoints import Name as FailPoint
from tests.chaos.arena import Arena, Incident, now_ms
from tests.chaos.members import Member

Fault = Callable[[Arena], None]

#: How long a killed process stays away: as a supervisor brings it back, or long enough for others to take over.
SUPERVISED_S = 0.2
FAIL_POINT_S = 20.0

TABLES = (
    "runs",
    "run_commits",
    "snapshots",
    "timers",
    "run_counts",
    "approvals",
    "watermarks",
    "definitions",
    "dead_letters",
)


def kill(arena: Arena, role: str) -> None:
    """Kill a process; others take over, and it comes back much later."""
    away_s = arena.cluster.conditions.session_timeout_s + 6.0 if role != "api" else 1.0
    with arena.incident(f"kill {role}") as incident:
        member = arena.any(role)
        incident.note = member.name
        member.kill()
        arena.bring_back(member, incident, away_s)


def kill_supervised(arena: Arena, role: str) -> None:
    """Kill a process that is started again at once, as `agentos up` does."""
    with arena.incident(f"kill {role}, restarted at once") as incident:
        member = arena.any(role)
        incident.note = member.name
        member.kill()
        arena.bring_back(member, incident, SUPERVISED_S)


def terminate(arena: Arena, role: str) -> None:
    """End a process politely; it comes back later."""
    with arena.incident(f"terminate {role}") as incident:
        member = arena.any(role)
        incident.note = member.name
        member.terminate()
        arena.bring_back(member, incident, 6.0)


def freeze(arena: Arena, role: str) -> None:
    """Stop a process in the middle of whatever it does for longer than its session lives, then let it go on."""
    with arena.incident(f"freeze {role}") as incident:
        member = arena.any(role)
        incident.note = member.name
        member.freeze()
        arena.cluster.pass_time(arena.cluster.conditions.session_timeout_s + arena.rng.uniform(1, 5))
        incident.returned_at_ms = now_ms()
        member.thaw()
        arena.cluster.pass_time(1.0)


def fail_point(arena: Arena, name: FailPoint) -> None:
    """Let an orchestrator kill itself at a named place."""
    member, count = _armed(arena, name, "kill")
    reached = arena.cluster.until(lambda: not member.is_alive, FAIL_POINT_S)
    with arena.incident(f"fail point {name}") as incident:
        incident.note = f"{member.name}, pass {count}" + ("" if reached else ", not reached")
        if not reached:
            member.kill()
        arena.bring_back(member, incident, arena.rng.choice([SUPERVISED_S, 8.0]))


def zombie(arena: Arena, name: FailPoint) -> None:
    """Stop an orchestrator at a named place until others took over, then let it go on with what it had decided."""
    member, count = _armed(arena, name, "stop")
    reached = arena.cluster.until(lambda: member.is_frozen, FAIL_POINT_S)
    with arena.incident(f"zombie {name}") as incident:
        incident.note = f"{member.name}, pass {count}" + ("" if reached else ", not reached")
        arena.cluster.pass_time(arena.cluster.conditions.session_timeout_s + 5.0)
        incident.returned_at_ms = now_ms()
        member.is_wanted = True
        member.thaw()
        arena.cluster.pass_time(1.0)


def _armed(arena: Arena, name: FailPoint, action: str) -> tuple[Member, int]:
    """Start an orchestrator anew that will be killed or stopped at a named place; give it and the pass of the place."""
    count = arena.rng.randint(2, 40)
    member = arena.any("orchestrator")
    with arena.incident("terminate orchestrator, restarted at once"):
        member.terminate()
        member.start({VARIABLE: f"{name}:{count}:{action}"})
        member.is_wanted = False
    return member, count


def kill_kafka(arena: Arena) -> None:
    """Kill the broker, and start it again after a while."""
    with arena.incident("kill kafka") as incident:
        kafka = arena.cluster.kafka
        kafka.kill()
        arena.bring_back(kafka, incident, arena.rng.uniform(0, 6))


def freeze_kafka(arena: Arena) -> None:
    """Let the broker hang: connections stay, nothing is answered."""
    with arena.incident("freeze kafka") as incident:
        arena.cluster.kafka.freeze()
        arena.cluster.pass_time(arena.rng.uniform(3, 14))
        incident.returned_at_ms = now_ms()
        arena.cluster.kafka.thaw()


def stop_postgres(arena: Arena) -> None:
    """Stop Postgres for up to 5 s."""
    with arena.incident("stop postgres") as incident:
        postgres = arena.cluster.postgres
        postgres.terminate()
        arena.bring_back(postgres, incident, arena.rng.uniform(0, 5))


def kill_postgres(arena: Arena) -> None:
    """Kill Postgres with all of its processes, and start it again."""
    with arena.incident("kill postgres") as incident:
        postgres = arena.cluster.postgres
        family = postgres.family()[1:]
        postgres.kill()
        arena.cluster.until(lambda: not any(process.is_running() for process in family), 10)
        arena.bring_back(postgres, incident, arena.rng.uniform(0, 5))


def freeze_postgres(arena: Arena) -> None:
    """Let Postgres hang: connections stay, nothing is answered."""
    with arena.incident("freeze postgres") as incident:
        arena.cluster.postgres.freeze()
        arena.cluster.pass_time(arena.rng.uniform(2, 12))
        incident.returned_at_ms = now_ms()
        arena.cluster.postgres.thaw()


def rebalance_storm(arena: Arena) -> None:
    """Let orchestrators and workers come and go faster than their groups settle."""
    with arena.incident("rebalance storm") as incident:
        for _ in range(4):
            member = arena.any(arena.rng.choice(["orchestrator", "nodes", "snapshots"]))
            member.terminate() if arena.rng.random() < 0.5 else member.kill()
            member.start()
            arena.cluster.pass_time(arena.rng.uniform(0.3, 3))
        arena.wait_until_ready(*(member for role in arena.cluster.roles.values() for member in role))
        incident.returned_at_ms = now_ms()


def kill_all(arena: Arena, role: str) -> None:
    """Kill every process of a role at once."""
    with arena.incident(f"kill every {role}") as incident:
        _kill_together(arena, incident, arena.cluster.roles[role])


def kill_everything(arena: Arena) -> None:
    """Kill every process of every role, Kafka and Postgres."""
    with arena.incident("kill everything") as incident:
        roles = [member for members in arena.cluster.roles.values() for member in members]
        for member in [*roles, arena.cluster.kafka, arena.cluster.postgres]:
            member.kill()
        arena.cluster.pass_time(1.0)
        for store in (arena.cluster.postgres, arena.cluster.kafka):
            store.start()
        for member in roles:
            member.start()
        arena.wait_until_ready(arena.cluster.postgres, arena.cluster.kafka, *roles)
        incident.returned_at_ms = now_ms()


def kill_with_postgres_away(arena: Arena) -> None:
    """Kill an orchestrator while Postgres is away: who takes over has the log alone."""
    with arena.incident("kill orchestrator without postgres") as incident:
        member = arena.any("orchestrator")
        arena.cluster.postgres.terminate()
        member.kill()
        arena.cluster.pass_time(arena.cluster.conditions.session_timeout_s + 4.0)
        arena.cluster.postgres.start()
        arena.bring_back(member, incident, 0.0)


def snapshots_away(arena: Arena) -> None:
    """Let nobody write to Postgres for a while: runs go on, and what was missed is caught up with."""
    with arena.incident("no snapshots stage for a while") as incident:
        members = arena.cluster.roles["snapshots"]
        for member in members:
            member.terminate()
        arena.cluster.pass_time(15.0)
        for member in members:
            member.start()
        arena.wait_until_ready(*members)
        incident.returned_at_ms = now_ms()


def empty_postgres(arena: Arena) -> None:
    """Delete everything in Postgres under the working system: it is rebuilt from the log."""
    with arena.incident("empty postgres"), psycopg.connect(arena.cluster.database_url) as connection:
        connection.execute(f"truncate {', '.join(TABLES)}")


def damage_states(arena: Arena) -> None:
    """Change the stored states of runs that are under way, without their digests."""
    query = "update runs set state = 'damaged' where ended_at is null"
    incident = arena.incident("damage states in postgres")
    with incident as noted, psycopg.connect(arena.cluster.database_url) as connection:
        noted.note = f"{connection.execute(query).rowcount} runs"


def _kill_together(arena: Arena, incident: Incident, members: list[Member]) -> None:
    for member in members:
        member.kill()
    arena.cluster.pass_time(arena.rng.uniform(0.2, 4))
    for member in members:
        member.start()
    arena.wait_until_ready(*members)
    incident.returned_at_ms = now_ms()


FAIL_POINTS: list[Fault] = [partial(fail_point, name=name) for name in get_args(FailPoint)]
ZOMBIES: list[Fault] = [partial(zombie, name=name) for name in get_args(FailPoint)[:2]]
