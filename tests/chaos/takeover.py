"""How long work stood still after a fault, read from the instants of progress of each partition."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from tests.chaos.arena import Incident
from tests.chaos.checks import Evidence
from tests.chaos.watching import Watch

#: A pause shorter than this is the load's own rhythm.
NOTICEABLE_MS = 1000
#: A pause that begins later than this after a fault has another cause.
RELATED_MS = 15_000

Instants = Mapping[int, Sequence[int]]


def stood_still_s(incident: Incident, until_ms: int, instants: Instants) -> float:
    """Give how long after the fault (or after the return of what it took away) the last partition moved again.

    0 when none of them paused. `until_ms` is when the next fault began.
    """
    since_ms = measured_from_ms(incident)
    ends = [resumed_ms - since_ms for own in instants.values() if (resumed_ms := _resumed(incident, until_ms, own))]
    return max(0, *ends) / 1000 if ends else 0.0


def measured_from_ms(incident: Incident) -> int:
    """Give the instant from which a pause counts: for a store and the lone API, when they were there again."""
    is_away = "kafka" in incident.name or "postgres" in incident.name or "every" in incident.name
    is_counted_from_return = incident.returned_at_ms and (is_away or "api" in incident.name)
    return incident.returned_at_ms if is_counted_from_return else incident.began_at_ms


def _resumed(incident: Incident, until_ms: int, instants: Sequence[int]) -> int:
    """Give the end of the longest noticeable pause that the fault made, 0 if there was none."""
    # A process that comes back makes a pause of its own.
    latest_ms = incident.restarted_at_ms or max(incident.began_at_ms, incident.returned_at_ms) + RELATED_MS
    pauses = paused(instants, incident.began_at_ms, min(until_ms, latest_ms), until_ms)
    return max(pauses, key=lambda pause: pause[1] - pause[0], default=(0, 0))[1]


def paused(instants: Sequence[int], from_ms: int, to_ms: int, until_ms: int) -> list[tuple[int, int]]:
    """Give the noticeable pauses that lie behind `from_ms`, began before `to_ms` and were there before `until_ms`."""
    position = max(0, bisect_right(instants, from_ms) - 1)
    found = []
    for before, after in zip(instants[position:], instants[position + 1 :], strict=False):
        if before > to_ms:
            break
        begun_ms = max(before, from_ms)
        # What begins right before the next fault is the next fault's.
        if min(after, until_ms) - begun_ms > NOTICEABLE_MS:
            found.append((begun_ms, after))
    return found


def rejoined_s(incident: Incident, until_ms: int, instants: Instants) -> float:
    """Give the longest pause that the return of a process made."""
    since_ms = incident.restarted_at_ms
    if not since_ms:
        return 0.0
    found = [pause for own in instants.values() for pause in paused(own, since_ms, since_ms + RELATED_MS, until_ms)]
    return max((after - before for before, after in found), default=0) / 1000


def measure(found: Evidence, watch: Watch, load_ended_at_ms: int) -> list[dict[str, object]]:
    """Give each fault with the seconds that decisions, workers' results and Postgres stood still because of it."""
    partitions = found.audit.partitions.items()
    committed = {number: partition.committed_at_ms for number, partition in partitions}
    reported = {number: partition.reported_at_ms for number, partition in partitions}
    incidents = found.arena.incidents
    ends = [*(incident.began_at_ms for incident in incidents[1:]), load_ended_at_ms]
    return [
        {
            "fault": incident.name,
            "note": incident.note,
            "at_s": (incident.began_at_ms - incidents[0].began_at_ms) / 1000,
            "away_s": max(0, incident.returned_at_ms - incident.began_at_ms) / 1000,
            "decisions_s": stood_still_s(incident, until_ms, committed),
            "rejoin_s": rejoined_s(incident, until_ms, committed),
            "results_s": stood_still_s(incident, until_ms, reported),
            "postgres_s": stood_still_s(incident, until_ms, watch.written_at_ms),
            "api_s": stood_still_s(incident, until_ms, {0: [int(at * 1000) for at in found.load.api_accepted_at_s]}),
        }
        for incident, until_ms in zip(incidents, ends, strict=True)
    ]
