"""What must hold after the chaos. Each check gives a sentence for every violation it finds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import psycopg

from engine.commands import Command
from engine.snapshot import dump, load, state_hash
from engine.state import RunState
from infra.event_log import EventLog
from infra.kafka import RawMessage, read_range, watermarks
from infra.postgres_session import Session
from infra.snapshots_store import SnapshotReader
from schemas.codec import MalformedRecord, decode, decode_as
from schemas.partitioning import partition_of
from schemas.records import DeadLetter
from streams.verify import verify
from tests.chaos.arena import Arena, Place
from tests.chaos.audit import Audit
from tests.chaos.cluster import PREFIX, Cluster
from tests.chaos.load import Load

SHOWN = 20


@dataclass(slots=True, kw_only=True)
class Evidence:
    """Everything that was written down: by the system, by the ledger, by the load and by the faults."""

    cluster: Cluster
    arena: Arena
    load: Load
    audit: Audit
    #: Executions by idempotency key.
    executions: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[Place] = field(default_factory=Counter)


def gather(cluster: Cluster, arena: Arena, load: Load) -> Evidence:
    """Read everything. The system must have come to rest."""
    audit = Audit(snapshots=first_snapshots(cluster))
    topic = f"{PREFIX}events"
    for number, ends in sorted(watermarks(cluster.connection, topic).items()):
        for batch in read_range(cluster.connection, (topic, number), ends.low, ends.high):
            audit.read(number, batch)
    found = Evidence(cluster=cluster, arena=arena, load=load, audit=audit)
    for line in cluster.ledger.read_text().splitlines():
        found.executions[json.loads(line)["key"]] += 1
    letters = f"{PREFIX}dead-letters"
    for message in records_of(cluster, letters):
        letter = decode_as(DeadLetter, message.value())
        found.dead_letters[letter.topic, letter.partition, letter.offset] += 1
    return found


def records_of(cluster: Cluster, topic: str) -> Iterator[RawMessage]:
    """Yield every record of a topic."""
    for number, ends in sorted(watermarks(cluster.connection, topic).items()):
        for batch in read_range(cluster.connection, (topic, number), ends.low, ends.high):
            yield from batch


def first_snapshots(cluster: Cluster) -> dict[str, tuple[int, str]]:
    """Give the first kept snapshot of each run: number of its last event, and the state."""
    query = "select distinct on (run_id) run_id, seq, state from snapshots order by run_id, seq"
    with psycopg.connect(cluster.database_url) as connection:
        return {run_id: (seq, state) for run_id, seq, state in connection.execute(query)}


def runs_ended_as_expected(found: Evidence) -> Iterator[str]:
    """Yield what is wrong with accepted runs: each must have ended, once, with what its workflow gives."""
    for run_id, started in found.load.accepted.items():
        run = found.audit.runs.get(run_id)
        if run is None:
            yield f"run {run_id}, accepted by the {started.via}, is not in the log"
            continue
        state = run.now
        assert isinstance(state, RunState)
        if state.status != started.workload.status:
            yield f"run {run_id}: expected it {started.workload.status}, found it {state.status}: {dump(state)[:600]}"
        elif state.status == "completed" and json.loads(state.output or "null") != started.workload.expected(started.n):
            yield f"run {run_id}: expected {started.workload.expected(started.n)}, found {state.output}"


def runs_began_and_ended_once(found: Evidence) -> Iterator[str]:
    """Yield runs that did not begin once and end once, and runs nobody asked for."""
    for run_id, run in found.audit.runs.items():
        if run_id in found.arena.ghosts:
            continue
        if run.starts != 1 or run.ends != 1:
            yield f"run {run_id}: began {run.starts} times, ended {run.ends} times"
    known = len(found.load.accepted) + found.load.unknown + len(found.arena.ghosts)
    strangers = [
        run_id
        for run_id, run in found.audit.runs.items()
        if run_id not in found.load.accepted and run_id not in found.arena.ghosts and run.now.parent_run_id is None  # type: ignore[union-attr]
    ]
    if len(strangers) > known - len(found.load.accepted):
        yield f"{len(strangers)} runs that nobody asked for, such as {strangers[:3]}"


def nothing_recorded_twice(found: Evidence) -> Iterator[str]:
    """Yield results and tasks that were recorded more than once."""
    for key, count in found.audit.reported.items():
        if count > 1:
            yield f"the result of {key} was recorded {count} times"
    for place, count in found.audit.completed.items():
        if count > 1:
            yield f"the task {place} was completed {count} times"


def every_command_led_to_one_commit(found: Evidence) -> Iterator[str]:
    """Yield commands without a commit, or with several, and commits without a command."""
    for number in sorted(found.audit.partitions):
        commits = Counter(found.audit.partitions[number].command_offsets)
        yield from (f"command {number}/{offset} led to {n} commits" for offset, n in commits.items() if n > 1)
        wanted = set(_readable_commands(found.cluster, number))
        lost, invented = sorted(wanted - commits.keys()), sorted(commits.keys() - wanted)
        if lost:
            yield f"partition {number}: {len(lost)} commands led to no commit, such as {lost[:5]}"
        if invented:
            yield f"partition {number}: {len(invented)} commits of no command, such as {invented[:5]}"


def _readable_commands(cluster: Cluster, number: int) -> Iterator[int]:
    """Give the offsets of the commands of a partition, without those that went astray into it."""
    topic = f"{PREFIX}commands"
    marks = watermarks(cluster.connection, topic)
    for batch in read_range(cluster.connection, (topic, number), marks[number].low, marks[number].high):
        for message in batch:
            try:
                found = decode(message.value())
            except MalformedRecord:
                continue
            if isinstance(found, Command) and partition_of(found.run_id.encode(), len(marks)) == number:
                yield message.offset()


def commits_are_skipped_alike(found: Evidence) -> Iterator[str]:
    """Yield differences between what the auditor accepted and what Postgres has indexed, and accepted ones of ours."""
    query = "select partition, log_offset from run_commits order by partition, log_offset"
    with psycopg.connect(found.cluster.database_url) as connection:
        indexed: dict[int, list[int]] = {}
        for number, offset in connection.execute(query):
            indexed.setdefault(number, []).append(offset)
    for number, partition in found.audit.partitions.items():
        if indexed.get(number, []) != partition.accepted:
            difference = sorted(set(indexed.get(number, [])) ^ set(partition.accepted))
            yield f"partition {number}: Postgres and the auditor differ on commits {difference[:10]}"
        for offset in partition.accepted:
            if (f"{PREFIX}events", number, offset) in found.arena.foreign:
                yield f"partition {number}: the foreign commit {offset} was accepted"


def postgres_is_what_the_log_says(found: Evidence) -> Iterator[str]:
    """Yield what `agentos verify` finds: states, timers, counts, watermarks; and differences to the auditor."""
    reader = SnapshotReader(Session(found.cluster.database_url, application="chaos"))
    log = EventLog(found.cluster.connection, f"{PREFIX}events")
    try:
        for verdict in verify(log, reader):
            yield from (f"partition {verdict.partition}: {sentence}" for sentence in verdict.mismatches)
            own = found.audit.partitions[verdict.partition]
            if (verdict.accepted, verdict.skipped) != (len(own.accepted), len(own.skipped) + len(own.malformed)):
                yield f"partition {verdict.partition}: `verify` and the auditor count differently: {verdict}"
    finally:
        reader.close()


def snapshots_lead_to_the_same_states(found: Evidence) -> Iterator[str]:
    """Yield runs whose first kept snapshot, with what came after it, is not what the whole log gives."""
    for run_id, run in found.audit.runs.items():
        if run.shadow is not None and state_hash(run.shadow) != state_hash(run.now):
            yield f"run {run_id}: its snapshot leads to another state than its log"
        if run_id in found.audit.snapshots and run.shadow is None:
            yield f"run {run_id}: its snapshot is of event {found.audit.snapshots[run_id][0]}, where no commit ends"


def the_api_says_the_same(found: Evidence, run_ids: Iterable[str]) -> Iterator[str]:
    """Yield runs of which the API gives another state than the log."""
    with found.cluster.client() as client:
        for run_id in run_ids:
            answer = client.get(f"/runs/{run_id}/state")
            if answer.status_code != 200:
                yield f"run {run_id}: the API answers {answer.status_code}: {answer.text[:200]}"
                continue
            live = load(json.dumps(answer.json()["state"]))
            if state_hash(live) != state_hash(found.audit.runs[run_id].now):
                yield f"run {run_id}: the API and the log differ on its state"


def executions_match_the_log(found: Evidence) -> Iterator[str]:
    """Yield tasks recorded without having been executed, and executions under a key no task has."""
    audit = found.audit
    keys = {f"{run}{path}/{attempt}": (run, path, attempt) for run, path, attempt in audit.scheduled}
    yield from (f"the ledger has {key}, which is no task's" for key in found.executions if key not in keys)
    for key, task in keys.items():
        if audit.scheduled[task] == "ledger" and audit.reported[task] and not found.executions[key]:
            yield f"the result of {key} was recorded, and it was never executed"


def dead_letters_are_the_poison(found: Evidence) -> Iterator[str]:
    """Yield poison records without a dead letter, and dead letters of sound records."""
    for place, kind in found.arena.poison.items():
        if not found.dead_letters[place]:
            yield f"the poison record {place} ({kind}) is no dead letter"
    for place in found.dead_letters:
        if place not in found.arena.poison and place not in found.arena.perhaps_poison:
            yield f"the record {place} is a dead letter, and it was sound"


CHECKS = (
    runs_ended_as_expected,
    runs_began_and_ended_once,
    nothing_recorded_twice,
    every_command_led_to_one_commit,
    commits_are_skipped_alike,
    postgres_is_what_the_log_says,
    snapshots_lead_to_the_same_states,
    executions_match_the_log,
    dead_letters_are_the_poison,
)


def shown(what: str, sentences: Iterable[str]) -> list[str]:
    """Give the first sentences of a check, and how many more there are."""
    found = list(sentences)
    more = [f"… and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return [f"{what}: {sentence}" for sentence in [*found[:SHOWN], *more]]


def violations(found: Evidence, api_sample: int) -> list[str]:
    """Give everything that does not hold. The API is asked for so many runs, the newest, at most."""
    sample = [run_id for run_id in list(found.load.accepted)[-api_sample:] if run_id in found.audit.runs]
    return [
        *shown("the fold", found.audit.violations),
        *shown("the load", found.load.violations),
        *(line for check in CHECKS for line in shown(check.__name__.replace("_", " "), check(found))),
        *shown("the api says the same", the_api_says_the_same(found, sample)),
    ]
