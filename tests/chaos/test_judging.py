"""The judges of the chaos test must see what they are there for."""

from __future__ import annotations

from dataclasses import dataclass

from engine import events as e
from tests.chain_log import ChainLog, LogRecord, started, steps
from tests.chaos.arena import Incident
from tests.chaos.audit import LATE, Audit
from tests.chaos.growth import Sample, grown
from tests.chaos.takeover import stood_still_s

RUN = "run-1"


@dataclass(frozen=True)
class Raw:
    """A record as a consumer gives it."""

    record: LogRecord
    run_id: str

    def key(self) -> bytes:
        return self.run_id.encode()

    def value(self) -> bytes | None:
        return self.record.value

    def offset(self) -> int:
        return self.record.offset

    def partition(self) -> int:
        return 0

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_700_000_000_000 + self.record.offset

    def headers(self) -> None:
        return None

    def error(self) -> None:
        return None


def audited(log: ChainLog) -> Audit:
    audit = Audit()
    audit.read(0, [Raw(record, RUN) for record in log.records])
    return audit


def test_a_sound_log_is_not_complained_about() -> None:
    log = ChainLog()
    log.whole(RUN)
    audit = audited(log)
    assert audit.violations == []
    assert (audit.runs[RUN].starts, audit.runs[RUN].ends) == (1, 1)


def test_commits_that_do_not_fit_and_records_that_cannot_be_read_are_told_apart() -> None:
    log = ChainLog()
    log.whole(RUN)
    log.commit(RUN, *steps(1), parent=b"z" * 16)
    log.raw(b"\1nothing")
    audit = audited(log)
    assert (audit.partitions[0].accepted, audit.partitions[0].skipped, audit.partitions[0].malformed) == ([0], [1], [2])


def test_a_run_that_begins_twice_is_seen() -> None:
    log = ChainLog()
    log.whole(RUN)
    log.seqs[RUN] = 0
    log.whole(RUN)
    audit = audited(log)
    assert audit.runs[RUN].starts == 2
    assert any("after its end" in sentence for sentence in audit.violations)
    assert any("expected event" in sentence for sentence in audit.violations)


def test_a_result_recorded_twice_and_a_late_one_are_seen() -> None:
    log = ChainLog()
    log.commit(RUN, *started("{}"))
    for _ in range(2):
        log.commit(RUN, e.TaskReported(path="/do/0/a", attempt=1, output=LATE))
    audit = audited(log)
    assert audit.reported[RUN, "/do/0/a", 1] == 2
    assert any("late result" in sentence for sentence in audit.violations)


def test_a_timer_that_fires_early_or_twice_is_seen() -> None:
    log = ChainLog()
    log.commit(RUN, *started("{}"))
    log.commit(RUN, e.TimerStarted(timer_id="t", path="/do/0/a", purpose="wait", fire_at_ms=1 << 50))
    log.commit(RUN, e.TimerFired(timer_id="t"))
    log.commit(RUN, e.TimerFired(timer_id="t"))
    sentences = "\n".join(audited(log).violations)
    assert "early" in sentences
    assert "fired twice" in sentences


def test_the_longest_pause_of_any_partition_is_the_time_of_a_take_over() -> None:
    incident = Incident(name="kill orchestrator", began_at_ms=10_000, returned_at_ms=30_000)
    steady = list(range(0, 60_000, 100))
    paused = [at for at in steady if not 10_000 < at < 17_000]
    assert stood_still_s(incident, 60_000, {0: steady, 1: paused}) == 7.0
    assert stood_still_s(incident, 60_000, {0: steady}) == 0.0


def test_a_pause_that_the_next_fault_makes_is_not_counted() -> None:
    incident = Incident(name="kill orchestrator", began_at_ms=10_000)
    instants = [at for at in range(0, 60_000, 100) if not 19_900 < at < 30_000]
    assert stood_still_s(incident, 20_000, {0: instants}) == 0.0


def test_only_what_goes_on_growing_is_called_growth() -> None:
    assert grown("api-0", samples([200.0 + number for number in range(400)]))
    assert not grown("api-0", samples([200.0 + 100 * min(number, 20) / 20 for number in range(400)]))


def samples(memory_mib: list[float]) -> list[Sample]:
    return [Sample(at_s=30.0 * number, pid=1, memory_mib=mib, files=40) for number, mib in enumerate(memory_mib)]
