"""The parts of the embedded stack that need neither Kafka nor Postgres."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.embedded.artifacts import expected_digests
from infra.embedded.lock import held, holder
from infra.embedded.logs import Follower, rotate, tail
from infra.embedded.ports import choose_port, free_port
from infra.embedded.probes import http_probe, kafka_probe
from infra.embedded.state import Phase, ProcessState, StackState, read_state, write_state
from infra.errors import StackFailed, StackHeld


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_is_remembered(tmp_path: Path) -> None:
    first = choose_port(tmp_path, "kafka", None)

    assert choose_port(tmp_path, "kafka", None) == first
    assert choose_port(tmp_path, "postgres", None) != first


def test_a_remembered_port_that_is_taken_today_gives_way(tmp_path: Path, taken_port: int) -> None:
    (tmp_path / "ports.json").write_text(f'{{"kafka": {taken_port}}}')

    assert choose_port(tmp_path, "kafka", None) != taken_port


def test_a_configured_port_is_taken_or_refused(tmp_path: Path, taken_port: int) -> None:
    port = free_port()

    assert choose_port(tmp_path, "api", port) == port
    with pytest.raises(StackFailed, match=f"Expected port {taken_port} to be free for api"):
        choose_port(tmp_path, "api", taken_port)


def test_the_preferred_port_is_tried_first(tmp_path: Path, taken_port: int) -> None:
    preferred = free_port()

    assert choose_port(tmp_path / ".", "api", None, preferred) == preferred
    (tmp_path / "ports.json").unlink()
    assert choose_port(tmp_path, "api", None, taken_port) != taken_port
    assert choose_port(tmp_path, "api", 0, preferred) not in (0, preferred)


def test_a_folder_has_one_holder_and_says_who(tmp_path: Path) -> None:
    assert holder(tmp_path) is None

    with held(tmp_path) as announce:
        announce("http://127.0.0.1:8400/")
        found = holder(tmp_path)
        with pytest.raises(StackHeld, match=r"found process \d+ since .* at http://127\.0\.0\.1:8400/; use that one"):
            held(tmp_path).__enter__()

    assert found is not None
    assert found.address == "http://127.0.0.1:8400/"
    assert holder(tmp_path) is None


def test_the_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    kafka = ProcessState(name="kafka", phase=Phase.READY, since="2026-11-22T00:00:00+00:00", pid=7, ports={"kafka": 9})
    state = StackState(pid=1, since="2026-11-22T00:00:00+00:00", address="here", ready=True, processes=(kafka,))

    write_state(tmp_path, state)

    assert read_state(tmp_path) == state
    assert (tmp_path / "state.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("ready", "phase", "well"),
    [
        (True, Phase.READY, True),
        (True, Phase.EXTERNAL, True),
        (True, Phase.WAITING, False),
        (False, Phase.READY, False),
    ],
)
def test_a_stack_is_well_when_all_of_it_is(*, ready: bool, phase: Phase, well: bool) -> None:
    part = ProcessState(name="kafka", phase=phase, since="")

    assert StackState(pid=1, since="", address="", ready=ready, processes=(part,)).is_well is well


def test_a_large_log_is_moved_and_its_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "kafka.log"
    with path.open("a") as writer:
        for number in range(3):
            writer.write(f"{number}" * 100 + "\n")
            writer.flush()
            rotate(path, max_bytes=50)
        writer.write("last\n")

    assert tail(path, 5) == ["last"]
    assert tail(tmp_path / "kafka.log.1", 5) == ["2" * 100]
    assert tail(tmp_path / "kafka.log.2", 5) == ["1" * 100]
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "kafka.log.1", tmp_path / "kafka.log.2"]


def test_a_small_log_stays(tmp_path: Path) -> None:
    path = tmp_path / "kafka.log"
    path.write_text("short\n")

    rotate(path)

    assert tail(path, 5) == ["short"]


def test_a_follower_gives_whole_new_lines_also_after_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "kafka.log"
    path.write_text("old\n")
    follower = Follower(path)
    with path.open("a") as writer:
        writer.write("one\ntw")
        writer.flush()
        first = list(follower.new_lines())
        writer.write("o\n")
        writer.flush()
        second = list(follower.new_lines())
        rotate(path, max_bytes=1)
        writer.write("three\n")
        writer.flush()

        assert (first, second, list(follower.new_lines())) == (["one"], ["two"], ["three"])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", None),
        (b"HTTP/1.1 204 No Content\r\n\r\n", None),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\nrecovering", "HTTP/1.1 503 Service Unavailable recovering"),
        (b"", "the port was closed without an answer"),
    ],
)
async def test_an_http_probe_gives_why_it_is_not_ready(answer: bytes, told: str | None) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]

        assert await http_probe(f"http://127.0.0.1:{port}/health/ready")() == told


async def test_a_kafka_probe_needs_an_answer_and_not_just_an_open_port() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]

        assert await kafka_probe(port)() is not None
    assert "no answer on port" in str(await kafka_probe(free_port())())


def test_every_jar_has_a_digest() -> None:
    digests = expected_digests()

    assert "kafka_2.13-4.3.1.jar" in digests
    assert all(len(digest) == 64 for digest in digests.values())
