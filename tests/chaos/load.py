"""Load during the chaos: runs started by commands on the topic and through the API, and what was accepted of them."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from engine.commands import Command, StartRun
from infra.kafka import ProducerOptions, producer
from schemas.codec import encode
from tests.chaos.cluster import PREFIX, Cluster
from tests.chaos.documents import NAMESPACE, VERSION, Workload, pick

COMMANDS = f"{PREFIX}commands"
#: An API start that was not answered is sent again, with the same key, until it is.
RETRY_S = 0.5
#: One in so many API starts is sent twice with the same key.
REPEATED = 10


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was accepted: its start is in the log, or the API said so."""

    workload: Workload
    n: int
    via: str


@dataclass(slots=True)
class Load:
    """Starts runs at a steady rate until it is told to stop."""

    cluster: Cluster
    seed: int
    rate_per_s: float
    api_rate_per_s: float = 4.0
    accepted: dict[str, Started] = field(default_factory=dict)
    #: Starts of which nothing is known: no answer, and no key to ask again with.
    unknown: int = 0
    #: What must not be: another run for the same key, an answer that makes no sense.
    violations: list[str] = field(default_factory=list)
    #: Instants at which the API accepted a run, Unix seconds.
    api_accepted_at_s: list[float] = field(default_factory=list)
    sent: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        for work in (self._through_the_topic, self._through_the_api):
            thread = threading.Thread(target=self._guarded, args=(work,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End, once everything that was sent is answered."""
        self._stop.set()
        for thread in self._threads:
            thread.join(180)
            if thread.is_alive():
                self.violations.append("expected every start to be answered within 180 s of the last, found one open")

    def _guarded(self, work: Callable[[random.Random], None]) -> None:
        try:
            work(random.Random(f"{self.seed}/{work.__name__}"))
        except Exception as error:  # noqa: BLE001 - a thread that dies in silence would look like success
            self.violations.append(f"the load ended: {error!r}")

    def _paced(self, rate_per_s: float) -> bool:
        """Wait for the next turn; tell whether there is one."""
        return not self._stop.wait(1 / rate_per_s if rate_per_s else 3600)

    def _through_the_topic(self, rng: random.Random) -> None:
        client = producer(self.cluster.connection, ProducerOptions(delivery_timeout_s=170, linger_ms=1))
        next_at_s = time.monotonic()
        while not self._stop.wait(max(0.0, next_at_s - time.monotonic())):
            next_at_s = max(next_at_s + 1 / self.rate_per_s, time.monotonic() - 5)
            workload, n = pick(rng), rng.randrange(1000)
            run_id = f"{workload.name}-{uuid.UUID(int=rng.getrandbits(128))}"
            start = StartRun(namespace=NAMESPACE, name=workload.name, version=VERSION, input=json.dumps({"n": n}))
            command = Command(run_id=run_id, command_id=f"{run_id}/start", actor="user:chaos", body=start)
            noted = self._noting(run_id, Started(workload, n, "topic"))
            client.produce(COMMANDS, encode(command), run_id.encode(), on_delivery=noted)
            self.sent += 1
            client.poll(0)
        client.flush(170)

    def _noting(self, run_id: str, started: Started) -> Callable[[Any, Any], None]:
        def note(error: Any, _message: Any) -> None:
            if error is None:
                self.accepted[run_id] = started
            else:
                self.unknown += 1

        return note

    def _through_the_api(self, rng: random.Random) -> None:
        if not self.api_rate_per_s:
            return
        with self.cluster.client() as client:
            while self._paced(self.api_rate_per_s):
                workload, n = pick(rng), rng.randrange(1000)
                key = f"key-{rng.getrandbits(64):x}" if rng.random() < 0.8 else None
                found = [self._start(client, workload, n, key)]
                if key is not None and rng.randrange(REPEATED) == 0:
                    found.append(self._start(client, workload, n, key))
                if len({run_id for run_id in found if run_id}) > 1:
                    self.violations.append(f"expected one run for the key {key}, found {found}")

    def _start(self, client: httpx.Client, workload: Workload, n: int, key: str | None) -> str | None:
        body = {"workflow": f"{NAMESPACE}/{workload.name}:{VERSION}", "input": {"n": n}}
        headers = {"Idempotency-Key": key} if key else {"Prefer": "wait=1"}
        self.sent += 1
        gives_up_at_s = time.monotonic() + 120
        while time.monotonic() < gives_up_at_s:
            answer = _asked(client, body, headers)
            if answer is not None and answer.status_code in (200, 202):
                run_id = str(answer.json()["run"])
                self.accepted[run_id] = Started(workload, n, "api")
                self.api_accepted_at_s.append(time.time())
                return run_id
            if answer is not None and answer.status_code not in (404, 409, 429, 500, 502, 503, 504):
                self.violations.append(f"the API answered a start with {answer.status_code}: {answer.text[:300]}")
            if answer is not None and answer.status_code == 500:
                self.violations.append(f"the API answered a start with 500: {answer.text[:300]}")
            if key is None:
                self.unknown += 1
                return None
            self._stop.wait(RETRY_S) if not self._stop.is_set() else time.monotonic()
        self.violations.append(f"expected the API to take a start within 120 s, found none; the last answer: {answer}")
        return None


def _asked(client: httpx.Client, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response | None:
    try:
        return client.post("/runs", json=body, headers=headers)
    except httpx.HTTPError:
        return None
