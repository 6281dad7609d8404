"""What is shown live of tasks: tokens, log lines. Nothing waits for it; what is too much is cut and dropped."""

from __future__ import annotations

import time

from engine.messages import DispatchTask
from schemas.codec import encode
from schemas.records import Progress
from streams.outbox import Delivery, Outbox, Outgoing

TEXT_MAX = 16 * 1024
#: Records a second, for all tasks of the process.
RATE_MAX = 2000


class ProgressWriter:
    """Writes to the progress topic."""

    def __init__(self, outbox: Outbox, topic: str) -> None:
        self._outbox = outbox
        self._topic = topic
        self._second = 0
        self._written = 0

    def show(self, task: DispatchTask, kind: str, text: str) -> None:
        """Write one piece of progress, unless there were too many in this second."""
        at_ms = int(time.time() * 1000)
        if at_ms // 1000 != self._second:
            self._second, self._written = at_ms // 1000, 0
        self._written += 1
        if self._written > RATE_MAX:
            return
        piece = Progress(
            run_id=task.run_id, path=task.path, attempt=task.attempt, kind=kind, text=text[:TEXT_MAX], at_ms=at_ms
        )
        record = Outgoing(topic=self._topic, key=task.run_id.encode(), value=encode(piece))
        self._outbox.write([record], Delivery())
