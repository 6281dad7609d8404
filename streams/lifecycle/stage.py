"""The process that tells the lifecycle, put together: `lifecycle(settings)`, then `run_stage`."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from engine.lifecycle import Lifecycle
from infra.errors import InfrastructureError, InvalidSettings
from infra.kafka import KafkaConnection, ProducerOptions, kafka_connection, producer, read_range
from infra.settings import Settings
from schemas import cloudevents, topics
from streams.app import App, assigned_partitions, consumer_group, faust_app
from streams.health import Health
from streams.lifecycle.story import Story
from streams.metrics import Metrics
from streams.outbox import Delivery, Outbox, Outgoing
from streams.process import Stage
from streams.transport import Record, batch_of
from streams.watch import ProgressWatch

LOG = logging.getLogger(__name__)

ROLE = "lifecycle"
RETRY_S = 0.5
#: Records that are written before the broker's answer is waited for.
PORTION = 2000


@dataclass(slots=True, kw_only=True)
class Telling:
    """The stage's work on the partitions of this process."""

    connection: KafkaConnection
    events_topic: str
    lifecycle_topic: str
    #: Which events are told.
    is_wanted: Callable[[Lifecycle], bool]
    outbox: Outbox
    metrics: Metrics
    is_ours: Callable[[int], bool]
    _stories: dict[int, Story] = field(default_factory=dict)

    async def do(self, records: Sequence[Record]) -> bool:
        """Tell what a fetch holds; tell whether it may be acknowledged: not when the partition was taken away."""
        number = records[0].partition
        story = await self._story(number, records[0].offset)
        if story is None:
            return False
        told = self._outgoing(story, records)
        while portion := list(islice(told, PORTION)):
            if not await self._send(number, portion):
                self._stories.pop(number, None)
                return False
            await asyncio.sleep(0)
        return True

    async def _story(self, number: int, offset: int) -> Story | None:
        """Give the story up to `offset`, folded from the log's beginning if it is not at hand."""
        for known in [known for known in self._stories if not self.is_ours(known)]:
            del self._stories[known]
        story = self._stories.get(number)
        if story is not None and story.next_offset == offset:
            return story
        while self.is_ours(number):
            try:
                self._stories[number] = await self._folded(number, offset)
                return self._stories[number]
            except InfrastructureError as error:
                LOG.warning("partition %d has to wait: %s", number, error)
                await asyncio.sleep(RETRY_S)
        return None

    async def _folded(self, number: int, end: int) -> Story:
        story = Story(number=number)
        batches = read_range(self.connection, (self.events_topic, number), 0, end)
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            for message in batch:
                for _ in story.go_on(message.offset(), message.value()):
                    pass
            self.metrics.progress.note()
        self.metrics.recovered_events.inc(end)
        story.next_offset = end
        return story

    def _outgoing(self, story: Story, records: Sequence[Record]) -> Iterator[Outgoing]:
        for record in records:
            for run_id, told in story.go_on(record.offset, record.value):
                if self.is_wanted(told):
                    yield Outgoing(
                        topic=self.lifecycle_topic,
                        key=run_id.encode(),
                        value=told.event.encode(),
                        headers=cloudevents.HEADERS,
                    )

    async def _send(self, number: int, outgoing: Sequence[Outgoing]) -> bool:
        """Write records until the broker has them all; give up when the partition was taken away."""
        while True:
            delivery = Delivery()
            self.outbox.write(outgoing, delivery)
            await self.outbox.flush()
            if not delivery.errors:
                self.metrics.produced.inc(len(outgoing))
                return True
            LOG.warning("partition %d: not told, will try again: %s", number, delivery.errors[0])
            self.outbox.renew()
            await asyncio.sleep(RETRY_S)
            if not self.is_ours(number):
                return False


def lifecycle(settings: Settings) -> Stage:
    """Give the process. Raises `InvalidSettings` where nobody wants to be told."""
    kafka, wanted = settings.kafka, settings.runs.lifecycle_events
    if wanted == "off":
        raise InvalidSettings("AGENTOS_LIFECYCLE_EVENTS: expected `required` or `all` for this role, found `off`")
    connection = kafka_connection(kafka)
    app = faust_app(ROLE, kafka, connection.bootstrap_servers)
    metrics = Metrics(ROLE)
    events_topic = topics.EVENTS.full_name(kafka.topic_prefix)
    options = ProducerOptions(
        compression=kafka.compression, delivery_timeout_s=kafka.delivery_timeout_s, client_id=ROLE
    )
    telling = Telling(
        connection=connection,
        events_topic=events_topic,
        lifecycle_topic=topics.LIFECYCLE.full_name(kafka.topic_prefix),
        is_wanted=lambda told: wanted == "all" or told.is_required,
        outbox=Outbox(lambda: producer(connection, options)),
        metrics=metrics,
        is_ours=lambda number: number in assigned_partitions(app, events_topic),
    )
    add_agent(app, telling, kafka.partitions)
    watch = ProgressWatch(
        connection=connection,
        group=consumer_group(ROLE, kafka),
        topic=events_topic,
        metrics=metrics,
        assigned=lambda: assigned_partitions(app, events_topic),
    )
    return Stage(name=ROLE, app=app, connection=connection, health=Health(metrics=metrics), background=[watch.run])


def add_agent(app: App, telling: Telling, partitions: int) -> None:
    """Add the agent that reads commits."""
    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw", "partitions": partitions}

    @app.agent(app.topic(telling.events_topic, **raw), name=ROLE)
    async def tell(stream: Any) -> None:
        async for event in stream.noack().events():
            began_at = time.perf_counter()
            records = batch_of(event)
            if await telling.do(records):
                event.ack()
            telling.metrics.batch(len(records), time.perf_counter() - began_at)
