"""What lies below the API, in memory: a log with a real engine on it, and a store that can be away.

The log is one partition of each topic. A command sent to it is decided by the engine at once, and its commit appears to
whoever follows the events topic. Nothing here is asked how it was called.
"""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from agentos.authoring import judge
from api.app import create_app
from api.assembly import Options, Outside, assemble
from api.catalogue import Catalogue
from api.guard import Guard
from api.live import Live
from api.metrics import Metrics
from api.recent import Recent
from api.services import Health, Services
from api.tail import Log, Place, Places, Sinks, Tail
from engine.chain import GENESIS, Chain
from engine.decide import World, decide
from engine.definition.compile import compile_definition
from engine.definition.model import Definition as Compiled
from engine.events import Commit
from engine.ports import Ports
from engine.replay import fold, new_state
from engine.snapshot import State, dump
from infra.errors import Unreachable
from infra.people import People, Person
from infra.read_models import DeadLetterRow, InvalidCursor, RunCount, RunFilter, RunPage, RunSort, StateAt
from language.json_text import read_json
from language.places import Limits
from language.validate import JsonSchemaValidator
from nodes.desk import Contact, Desk
from nodes.registry import load_registry
from schemas.codec import decode_as, decode_command, encode
from schemas.records import Definition
from tests.unit.api.fake_inbox import FakeInbox
from tests.unit.api.fake_record import Record
from tests.unit.api.fake_topics import FakeLogSource
from tests.unit.api.no_expressions import NoExpressions
from tests.unit.language.outside import Outside as Texts

TOKEN = "a-token-for-the-tests-alone"
PREFIX = "test."
EVENTS, COMMANDS, DEFINITIONS = f"{PREFIX}events", f"{PREFIX}commands", f"{PREFIX}definitions"
CLOUDEVENTS = f"{PREFIX}cloudevents"
NODE_TYPES = load_registry()
DESK = Desk(
    key=b"a key for links",
    public_url="http://127.0.0.1:8400",
    slack_signing_secret="signed",
    people={"gus": Contact(slack="U7")},
)
NO_UI = Path("there is no such folder")


@dataclass(slots=True)
class FakeLog:
    """Topics in memory. Set `is_down` to have no broker, `is_mute` to accept commands and decide none."""

    is_down: bool = False
    is_mute: bool = False
    #: Whether sent records get lost on the way, and their delivery is never confirmed.
    loses: bool = False
    appeared: queue.Queue[Record] = field(default_factory=queue.Queue)
    records: list[Record] = field(default_factory=list)
    states: dict[str, State] = field(default_factory=dict)
    definitions: dict[tuple[str, str, str], Compiled] = field(default_factory=dict)
    chain: Chain = field(default_factory=Chain)
    commands: int = 0

    def send(
        self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]] = ()
    ) -> asyncio.Future[None]:
        if self.is_down:
            raise Unreachable("no broker")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.loses:
            done.set_exception(Unreachable("timed out"))
            return done
        if topic == DEFINITIONS:
            self._define(decode_as(Definition, value))
            self.append(topic, key, value)
        elif topic == COMMANDS and not self.is_mute:
            self._decide(value)
        elif topic != COMMANDS:
            self.append(topic, key, value)
        done.set_result(None)
        return done

    def append(self, topic: str, key: bytes, value: bytes) -> None:
        """Put a record on a topic."""
        offset = sum(1 for record in self.records if record.topic() == topic)
        self.records.append(Record(topic, offset, key, value))
        self.appeared.put(self.records[-1])

    def commits(self, run_id: str) -> list[Commit]:
        """Give all commits of a run."""
        key = run_id.encode()
        return [decode_as(Commit, each.value()) for each in self.records if (each.topic(), each.key()) == (EVENTS, key)]

    def next_batch(self, wait_s: float) -> Sequence[Any]:
        try:
            return [self.appeared.get(timeout=min(wait_s, 0.05))]
        except queue.Empty:
            return []

    def close(self) -> None:
        """Do nothing."""

    def _define(self, found: Definition) -> None:
        reference = (found.namespace, found.name, found.version)
        self.definitions.setdefault(reference, compile_definition(read_json(found.document, Limits()).value))

    def _decide(self, value: bytes) -> None:
        self.commands += 1
        command = decode_command(value, at_ms=time.time_ns() // 1_000_000, offset=self.commands)
        before = self.states.get(command.run_id) or new_state(command.run_id)
        world = World(
            definitions=lambda *reference: self.definitions.get(reference),
            ports=Ports(evaluator=NoExpressions(), validator=JsonSchemaValidator()),
        )
        decision = decide(before, command, world)
        self.states[command.run_id] = decision.state
        commit = Commit(
            run_id=command.run_id,
            command_id=command.command_id,
            command_offset=command.offset,
            actor=command.actor,
            at_ms=command.at_ms,
            parent=self.chain.head,
            seq=before.seq + 1,
            events=decision.events,
            origin=command.origin,
        )
        record = encode(commit)
        self.chain.accept(commit.parent, record)
        self.append(EVENTS, command.run_id.encode(), record)


@dataclass(slots=True)
class FakeStore:
    """What Postgres would have after `catch_up`. Set `is_away` to have none."""

    log: FakeLog
    is_away: bool = False
    #: How often a run is not found yet.
    blind_looks: int = 0
    states: dict[str, StateAt] = field(default_factory=dict)
    histories: dict[str, list[Commit]] = field(default_factory=dict)
    offset: int = -1

    def catch_up(self) -> None:
        """Take over everything that is in the log."""
        for run_id, state in self.log.states.items():
            self.states[run_id] = StateAt(seq=state.seq, commit_offset=0, state=dump(state), state_hash="")
            self.histories[run_id] = self.log.commits(run_id)
        self.offset = sum(1 for record in self.log.records if record.topic() == EVENTS) - 1

    async def state(self, run_id: str) -> StateAt | None:
        self._answer()
        if self.blind_looks:
            self.blind_looks -= 1
            return None
        return self.states.get(run_id)

    async def state_at(self, run_id: str, seq: int) -> State | None:
        self._answer()
        state = new_state(run_id)
        for commit in self.histories.get(run_id, []):
            for number, event in enumerate(commit.events, start=commit.seq):
                if number <= seq:
                    fold(state, event, commit.at_ms)
        return state if state.seq == seq else None

    async def seq_at(self, run_id: str, offset: int | None, at_ms: int | None) -> int | None:
        self._answer()
        found = self.histories.get(run_id, [])
        there = [c for c in found if at_ms is None or c.at_ms <= at_ms]
        return there[-1].seq + len(there[-1].events) - 1 if there else 0 if found else None

    async def first_offset(self, run_id: str) -> int | None:
        self._answer()
        return None

    async def commits(self, run_id: str, from_seq: int, limit: int) -> Sequence[Commit]:
        self._answer()
        found = self.histories.get(run_id, [])
        return [commit for commit in found if commit.seq + len(commit.events) > from_seq][:limit]

    async def reached(self) -> dict[int, int]:
        self._answer()
        return {0: self.offset}

    async def page(self, wanted: RunFilter, sort: RunSort, after: str | None, limit: int) -> RunPage:
        self._answer()
        if after is not None:
            raise InvalidCursor
        return RunPage(runs=(), next_cursor=None)

    async def counts(self) -> Mapping[str, int]:
        self._answer()
        return {}

    async def run_counts(self, wanted: RunFilter) -> Sequence[RunCount]:
        self._answer()
        return []

    async def dead_letters(self, after: str | None, limit: int) -> tuple[Sequence[DeadLetterRow], str | None]:
        self._answer()
        if after is not None:
            raise InvalidCursor
        return [], None

    def _answer(self) -> None:
        if self.is_away:
            raise Unreachable("Postgres does not answer")


@dataclass(slots=True, kw_only=True)
class ApiWorld:
    """One API over a world of its own."""

    log: FakeLog
    store: FakeStore
    services: Services
    app: Guard
    texts: Texts

    def forget(self) -> None:
        """Let everything go that is in memory of commits, as a flood of others would."""
        recent = self.services.runs.recent
        while recent.dropped < recent.added:
            recent._drop_oldest()

    def client(self, token: str | None = TOKEN, **headers: str) -> httpx.AsyncClient:
        """Give a client, signed in if not said otherwise."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8400", headers=headers, timeout=20)


@asynccontextmanager
async def api_world(
    *, recent_bytes: int = 1_000_000, follows_from: int = 0, web_folder: Path = NO_UI, acts_for_others: bool = True
) -> AsyncIterator[ApiWorld]:
    """Give an API that follows a log in memory."""
    log, texts = FakeLog(), Texts()
    store = FakeStore(log)
    sinks = Sinks(live=Live(), recent=Recent(recent_bytes), metrics=Metrics(), catalogue=Catalogue())
    places = Places(events={0: Place(offset=follows_from, head=GENESIS, end=follows_from)}, definitions_end=0)
    tail = Tail(
        Log(events_topic=EVENTS, definitions_topic=DEFINITIONS, locate=lambda: places, follow=lambda starts: log),
        sinks,
    )
    health = Health(
        is_alive=lambda: tail.is_alive, why_not_ready=lambda: tail.why_not_ready, positions=lambda: dict(tail.positions)
    )
    options = Options(
        token=TOKEN,
        topic_prefix=PREFIX,
        payload_bytes=64 * 1024,
        node_types=NODE_TYPES,
        judge=judge(texts.fetch),
        people=People({"gus": Person(groups=("finance",))}),
        acts_for_others=acts_for_others,
        desk=DESK,
    )
    outside = Outside(
        outbox=log,
        store=store,
        health=health,
        log=FakeLogSource(log),
        sinks=sinks,
        inbox=FakeInbox(log.states),
    )
    services = assemble(outside, options)
    tail.start()
    try:
        app = create_app(services, host="127.0.0.1", web_folder=web_folder)
        yield ApiWorld(log=log, store=store, services=services, app=app, texts=texts)
    finally:
        await tail.stop()
