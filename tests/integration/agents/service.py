"""A language model's service and a tool, on one local server that counts every request and can leave one unanswered.

It speaks the protocol of chat completions, streaming. A run's id says what it does: in `model-7-…` the seventh model
call is left unanswered the first time, in `tool-7-…` the seventh call of the tool.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: How many model calls a run takes.
TURNS = 20


@dataclass(slots=True)
class Service:
    """The server, and what was asked of it: (run, `model` or `tool`, turn)."""

    asked: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        """Listen."""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def note(self, run_id: str, kind: str, turn: int) -> bool:
        """Count a request; tell whether it is to be answered."""
        wanted, step, _ = run_id.split("-", 2)
        with self.lock:
            self.asked[run_id, kind, turn] += 1
            return (wanted, int(step)) != (kind, turn) or self.asked[run_id, kind, turn] > 1

    def unanswered(self) -> int:
        """Count the runs that wait where they have to wait."""
        with self.lock:
            asked = set(self.asked)
        return sum(run_id.startswith(f"{kind}-{turn}-") for run_id, kind, turn in asked)


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            turn = 1 + sum(message["role"] == "assistant" for message in body["messages"])
            run_id = body["messages"][0]["content"]
            if service.note(run_id, "model", turn):
                self.answer(stream_of(run_id, turn), "text/event-stream")
            else:
                service.over.wait(120)

        def do_GET(self) -> None:
            _, _, run_id, turn = self.path.split("/")
            if service.note(run_id, "tool", int(turn)):
                self.answer(json.dumps({"seen": int(turn)}).encode(), "application/json")
            else:
                service.over.wait(120)

        def answer(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


def stream_of(run_id: str, turn: int) -> bytes:
    """Give the answer of a turn: a call of the tool, in the last one a text."""
    if turn < TURNS:
        function = {"name": "look", "arguments": json.dumps({"turn": turn})}
        delta: dict[str, Any] = {
            "tool_calls": [{"index": 0, "id": f"c{turn}", "type": "function", "function": function}]
        }
        reason = "tool_calls"
    else:
        delta, reason = {"content": f"done {run_id}"}, "stop"
    chunks = [
        {"model": "m", "choices": [{"delta": delta, "finish_reason": None}]},
        {"choices": [{"delta": {}, "finish_reason": reason}]},
        {"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5}},
    ]
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()
