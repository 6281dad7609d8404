"""The log of a whole AgentOS: from the command line and over HTTP."""

from __future__ import annotations

import signal
from typing import Any

from infra.kafka import KafkaConnection, producer
from schemas.codec import encode
from schemas.records import DeadLetter
from tests.eventually import eventually
from tests.integration.api.system import System
from tests.integration.api.test_command_line import GREET, lines

EVENT = b'{"specversion":"1.0","type":"again","id":"%d","source":"/test"}'


def greeted(system: System, number: int) -> str:
    client = system.client()
    yaml = {"Content-Type": "application/yaml"}
    client.post("/api/v1/definitions", content=GREET, headers=yaml).raise_for_status()
    start = {"workflow": "cli/greet:1.0.0", "input": {"n": number}}
    run: str = client.post("/api/v1/runs", json=start, headers={"Prefer": "wait=20"}).json()["run"]
    return run


def test_the_log_is_read_by_run_type_place_and_instant(system: System) -> None:
    run = greeted(system, 1)
    of_run = lines(system.agentos("events", "--run", run).stdout)
    history = system.client().get(f"/api/v1/runs/{run}/events").json()["items"]
    assert [{**line, "partition": 0, "offset": 0} for line in of_run] == [
        {"partition": 0, "offset": 0, **event} for event in history
    ]

    place = ("--partition", str(of_run[0]["partition"]), "--offset", str(of_run[0]["offset"]))
    (first,) = lines(system.agentos("events", *place, "--limit", "1").stdout)
    assert first == of_run[0]
    ended = lines(system.agentos("events", "--type", "RunCompleted", "--time", of_run[-1]["at"]).stdout)
    assert run in {line["run"] for line in ended}
    (start,) = lines(system.agentos("events", "--topic", "commands", "--type", "StartRun", "--run", run).stdout)
    assert start["record"]["body"]["input"] == {"n": 1}


def test_an_offset_outside_the_log_is_refused_with_the_valid_range(system: System) -> None:
    greeted(system, 2)
    far = system.agentos("events", "--partition", "0", "--offset", "99999999")
    partition = system.agentos("events", "--partition", "77")
    topic = system.agentos("events", "--topic", "nothing")
    assert [far.returncode, partition.returncode, topic.returncode] == [2, 2, 2]
    assert "partition 0 holds" in far.stderr
    assert "99999999" in far.stderr
    assert "0 to 1" in partition.stderr


def test_following_prints_what_is_appended(system: System) -> None:
    child = system.command("events", "-f", "--type", "RunCompleted", "--last", "0", "--limit", "1")
    try:
        assert child.stdout is not None
        eventually(lambda: greeted(system, 3) and _has_line(child), within_s=40)
        out, _ = child.communicate(timeout=20)
    finally:
        child.send_signal(signal.SIGKILL)
    (line,) = lines(out)
    assert line["type"] == "RunCompleted"


def test_dead_letters_are_listed_and_put_back(system: System, kafka: KafkaConnection) -> None:
    topic = "api-tests.cloudevents"
    sender = producer(kafka)
    for number in range(2):
        letter = DeadLetter(
            stage="correlator",
            reason="for the test",
            topic=topic,
            partition=0,
            offset=10**9,
            at_ms=1_700_000_000_000 + number,
            record_key=b"again",
            record_value=EVENT % number,
        )
        sender.produce("api-tests.dead-letters", encode(letter), b"correlator")
    sender.flush()
    eventually(lambda: len(letters(system)) == 2, within_s=20)
    assert all(letter["redriven_at"] is None for letter in letters(system))

    done = system.agentos("dead-letters", "redrive", "--all")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2)
    again = lines(system.agentos("events", "--topic", "cloudevents", "--type", "again").stdout)
    assert {record["record"]["id"] for record in again} == {"0", "1"}
    assert all("dead-letters/0/" in record["headers"]["agentos-redriven"] for record in again)
    eventually(lambda: all(letter["redriven_at"] for letter in letters(system)), within_s=20)
    listed = lines(system.agentos("dead-letters", "list", "--json").stdout)
    assert [each["log_offset"] for each in listed] == [1, 0]
    assert system.agentos("dead-letters", "redrive", "9999").returncode == 2


def letters(system: System) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = system.client().get("/api/v1/dead-letters").json()["items"]
    return found


def _has_line(child: Any) -> bool:
    return child.poll() is not None
