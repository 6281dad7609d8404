from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from agentos.api_client import Api, ApiRefused
from agentos.event_stream import EventStream, Message, parse
from agentos.run_output import event_line, json_line, shown


def body(*seqs: int, end: bool = False) -> bytes:
    messages = [f"id: {seq}\ndata: {json.dumps({'seq': seq})}\n\n" for seq in seqs]
    return "".join([*messages, "event: end\ndata: {}\n\n" if end else ""]).encode()


class Breaking(httpx.SyncByteStream):
    """A response that breaks off after its content."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self.content
        raise httpx.ReadError("connection reset")


def stream(*responses: httpx.Response) -> tuple[EventStream, list[str]]:
    """Give a stream that gets these responses, and the positions it asked for."""
    positions: list[str] = []
    left = iter(responses)

    def answer(request: httpx.Request) -> httpx.Response:
        positions.append(request.headers["last-event-id"])
        return next(left)

    http = httpx.Client(base_url="http://api", transport=httpx.MockTransport(answer))
    return EventStream(Api(http), "r", _pause_s=0.0), positions


def test_a_broken_stream_is_taken_up_where_it_broke() -> None:
    events, positions = stream(
        httpx.Response(200, stream=Breaking(body(1, 2))),
        httpx.Response(503, json={"status": 503, "detail": "starting"}),
        httpx.Response(200, content=body(3)),
        httpx.Response(200, content=body(4, end=True)),
    )
    assert [event["seq"] for event in events.events()] == [1, 2, 3, 4]
    assert positions == ["0", "2", "2", "3"]


def test_a_stream_that_is_at_its_end_is_over() -> None:
    events, _ = stream(httpx.Response(204))
    assert list(events.events()) == []


def test_what_does_not_pass_by_itself_is_raised() -> None:
    events, _ = stream(httpx.Response(404, json={"status": 404, "detail": "there is no run r"}))
    with pytest.raises(ApiRefused, match="there is no run r"):
        list(events.events())


def test_messages_comments_and_several_lines_of_data_are_told_apart() -> None:
    lines = [": quiet", "", "retry: 1000", "", 'data: {"a":', "data: 1}", "", "event: end", "data:2", "", "data: 3"]
    assert list(parse(lines)) == [None, Message("message", {"a": 1}), Message("end", 2)]


def test_an_event_is_one_line_whatever_is_in_it() -> None:
    event = {
        "at": "2026-11-22T21:00:00.123Z",
        "type": "TaskCompleted",
        "path": "/do/0/a\x1b[31m",
        "data": {"output": "[red]\x9b31m\n" + "x" * 500},
    }
    line = event_line(event).plain
    assert line.startswith("21:00:00.123  TaskCompleted")
    assert not {"\x1b", "\x9b", "\n"} & set(line)
    assert "[red]" in line
    assert len(line) < 220


def test_json_lines_keep_every_text_and_obey_none() -> None:
    data = {"text": "\x1b]0;\x07 \x85 \u2028 \u202e ü"}
    line = json_line(data)
    assert len(line.splitlines()) == 1
    assert json.loads(line) == data
    assert shown("a\tb\x00") == "a\ufffdb\ufffd"
