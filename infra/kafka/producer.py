"""Producers that lose nothing and keep order: `acks=all`, idempotent, the partitioner of Kafka's Java clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from confluent_kafka import Producer

from infra.kafka.connection import KafkaConnection

#: The broker's own limit, `message.max.bytes`, in the embedded stack.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerOptions:
    """What may differ between producers.

    Without compression by default: on one machine the CPU it takes is worth more than the bytes it saves, and
    readers need an extra library for all kinds but gzip. `linger_ms` 0 would send single records and burn the broker;
    `flush` does not wait for it.
    """

    linger_ms: float = 5
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = "none"
    delivery_timeout_s: float = 30
    max_message_bytes: int = MAX_MESSAGE_BYTES
    max_queued_messages: int = 1_000_000
    max_queued_kib: int = 256 * 1024
    client_id: str = "agentos"


def producer(connection: KafkaConnection, options: ProducerOptions | None = None) -> Producer:
    """Give a producer. One for each process is enough: it is thread-safe."""
    chosen = options or ProducerOptions()
    return Producer(
        connection.config(
            client_id=chosen.client_id,
            acks="all",
            enable_idempotence=True,
            partitioner="murmur2_random",
            linger_ms=chosen.linger_ms,
            compression_type=chosen.compression,
            delivery_timeout_ms=int(chosen.delivery_timeout_s * 1000),
            message_max_bytes=chosen.max_message_bytes,
            queue_buffering_max_messages=chosen.max_queued_messages,
            queue_buffering_max_kbytes=chosen.max_queued_kib,
        )
    )
