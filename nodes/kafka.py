"""`call: kafka` writes a record to a topic."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, Field

from nodes.base import TaskContext
from nodes.errors import fault
from nodes.provisions import OutgoingRecord, Produce, Provisions


class KafkaArguments(BaseModel, extra="forbid"):
    """A record and its topic."""

    topic: str = Field(pattern=r"^[A-Za-z0-9._-]{1,249}$", description="Full name of the topic; it must be there.")
    key: str | None = Field(default=None, description="Records of one key keep their order.")
    value: Any = Field(default=None, description="Text is written as it is, other JSON values as JSON, `null` as null.")
    headers: dict[str, str] = Field(default={}, description="Headers of the record.")


class KafkaOutput(BaseModel):
    """Where the record lies."""

    topic: str
    partition: int
    offset: int


class Kafka:
    """Writes a record to a Kafka topic, and waits until the brokers have it."""

    name = "kafka"
    version = "1.0.0"
    icon = "stream"
    With = KafkaArguments
    Output = KafkaOutput
    examples = ({"topic": "shop.orders", "key": "order-7", "value": {"status": "paid"}},)

    def __init__(self, produce: Produce | None = None) -> None:
        self._produce = produce

    @classmethod
    def provided(cls, provisions: Provisions) -> Kafka:
        """Give the instance for a process with a producer."""
        return cls(provisions.produce)

    async def run(self, with_: KafkaArguments, ctx: TaskContext) -> KafkaOutput:
        """Write the record. Its header `idempotency-key` is the same if the task runs again."""
        if self._produce is None:
            raise fault("configuration", "this worker has no producer for `kafka`")
        headers = {"idempotency-key": ctx.idempotency_key} | with_.headers
        record = OutgoingRecord(
            topic=with_.topic,
            key=None if with_.key is None else with_.key.encode(),
            value=_bytes(with_.value),
            headers=tuple((name, value.encode()) for name, value in headers.items()),
        )
        partition, offset = await self._produce(record)
        return KafkaOutput(topic=with_.topic, partition=partition, offset=offset)


def _bytes(value: Any) -> bytes | None:
    if value is None:
        return None
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))).encode()
