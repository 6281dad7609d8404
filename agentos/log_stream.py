"""The log over the API: pages until the end of what was asked for, then, if wished, what is appended, for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from agentos.api_client import PASSING, PATIENCE_S, Api, ApiRefused, problem_of, unreachable
from agentos.event_stream import FIRST_PAUSE_S, LONGEST_PAUSE_S, SILENCE_S, Message, parse_with_ids

PAGE = 500


def pages(api: Api, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield pages until the end the log had at the first."""
    asked = {**query}
    while True:
        page = api.call("GET", "/api/v1/log", params=asked)
        yield page
        if page["next"] is None:
            return
        # Instants and places said where to begin; from here on the position does.
        asked = {name: value for name, value in asked.items() if name not in ("offset", "time", "last", "partition")}
        asked["position"] = page["next"]


@dataclass(slots=True)
class LogStream:
    """Follows the log from a position on, taking the stream up again where it broke."""

    api: Api
    query: Mapping[str, Any]
    position: str
    _heard_at: float = field(default_factory=time.monotonic)
    _pause_s: float = FIRST_PAUSE_S

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield every record once, for ever."""
        while True:
            try:
                yield from self._connection()
            except httpx.HTTPError as error:
                self._wait(unreachable(self.api.http, error))
            except ApiRefused as refused:
                if refused.status not in PASSING:
                    raise
                self._wait(refused)

    def _connection(self) -> Iterator[dict[str, Any]]:
        timeout = httpx.Timeout(10.0, read=SILENCE_S)
        asked = {name: value for name, value in self.query.items() if name in ("topic", "run", "type")}
        asked["position"] = self.position
        with self.api.http.stream("GET", "/api/v1/log/stream", params=asked, timeout=timeout) as response:
            if response.is_error:
                response.read()
                raise ApiRefused(problem_of(response))
            for place, message in parse_with_ids(response.iter_lines()):
                self._heard_at, self._pause_s = time.monotonic(), FIRST_PAUSE_S
                match message:
                    case Message(kind="message", data=record):
                        self.position = place or self.position
                        yield record
                    case Message(kind="problem", data=problem):
                        raise ApiRefused(problem)
                    case _:
                        pass

    def _wait(self, error: Exception) -> None:
        if time.monotonic() - self._heard_at > PATIENCE_S:
            raise error
        time.sleep(self._pause_s)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
