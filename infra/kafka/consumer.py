"""Consumers: offsets are committed by whoever did the work, never by the client on its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from confluent_kafka import Consumer

from infra.kafka.connection import KafkaConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerOptions:
    """What may differ between consumers. `start` is where to begin in a partition without a committed offset."""

    start: Literal["earliest", "latest", "error"] = "earliest"
    session_timeout_s: float = 10
    max_poll_interval_s: float = 300
    fetch_wait_ms: int = 50
    partition_fetch_bytes: int = 8 * 1024 * 1024
    report_end_of_partition: bool = False
    client_id: str = "agentos"


def consumer(connection: KafkaConnection, group: str, options: ConsumerOptions | None = None) -> Consumer:
    """Give a consumer of the group `group`. It is subscribed or assigned to nothing yet."""
    chosen = options or ConsumerOptions()
    return Consumer(
        connection.config(
            client_id=chosen.client_id,
            group_id=group,
            auto_offset_reset=chosen.start,
            enable_auto_commit=False,
            enable_auto_offset_store=False,
            enable_partition_eof=chosen.report_end_of_partition,
            partition_assignment_strategy="cooperative-sticky",
            session_timeout_ms=int(chosen.session_timeout_s * 1000),
            max_poll_interval_ms=int(max(chosen.max_poll_interval_s, chosen.session_timeout_s) * 1000),
            fetch_wait_max_ms=chosen.fetch_wait_ms,
            max_partition_fetch_bytes=chosen.partition_fetch_bytes,
        )
    )
