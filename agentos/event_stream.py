"""A run's events as they happen, over a stream that is taken up again where it broke."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from agentos.api_client import PASSING, PATIENCE_S, Api, ApiRefused, problem_of, unreachable

#: The stream says something at least every 15 s; silence for longer means it is dead.
SILENCE_S = 40.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
NO_CONTENT = 204


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent message."""

    kind: str
    data: Any


@dataclass(slots=True)
class EventStream:
    """Follows one run. `seq` is the number of the last event that was given out."""

    api: Api
    run: str
    seq: int = 0
    _heard_at: float = field(default_factory=time.monotonic)
    _pause_s: float = FIRST_PAUSE_S

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield every event once, in order, until the run has ended."""
        is_over = False
        while not is_over:
            try:
                is_over = yield from self._connection()
            except httpx.HTTPError as error:
                self._wait(unreachable(self.api.http, error))
            except ApiRefused as refused:
                if refused.status not in PASSING:
                    raise
                self._wait(refused)

    def _connection(self) -> Generator[dict[str, Any], None, bool]:
        """Yield events of one connection; return whether the run has ended."""
        timeout = httpx.Timeout(10.0, read=SILENCE_S)
        headers = {"Last-Event-ID": str(self.seq), "Accept": "text/event-stream"}
        with self.api.http.stream(
            "GET", f"/api/v1/runs/{self.run}/events/stream", headers=headers, timeout=timeout
        ) as response:
            if response.is_error:
                response.read()
                raise ApiRefused(problem_of(response))
            for message in parse(response.iter_lines()):
                self._heard_at, self._pause_s = time.monotonic(), FIRST_PAUSE_S
                match message:
                    case Message(kind="end"):
                        return True
                    case Message(kind="message", data=event):
                        self.seq = event["seq"]
                        yield event
                    case Message(kind="problem", data=problem):
                        raise ApiRefused(problem)
                    case _:
                        pass
            return response.status_code == NO_CONTENT

    def _wait(self, error: Exception) -> None:
        """Pause before the next attempt, longer each time; raise `error` when that went on for too long."""
        if time.monotonic() - self._heard_at > PATIENCE_S:
            raise error
        time.sleep(self._pause_s)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)


def parse(lines: Iterable[str]) -> Iterator[Message | None]:
    """Yield the messages of an event stream, `None` for each comment."""
    for _, message in parse_with_ids(lines):
        yield message


def parse_with_ids(lines: Iterable[str]) -> Iterator[tuple[str | None, Message | None]]:
    """Yield id and message of an event stream (WHATWG HTML, section 9.2.6), `None` for the message of a comment."""
    kind, place = "message", None
    data: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield place, Message(kind, json.loads("\n".join(data)))
            kind, data = "message", []
        elif not name:
            yield place, None
        elif name == "data":
            data.append(value)
        elif name == "event":
            kind = value
        elif name == "id":
            place = value
