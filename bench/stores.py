"""The two stores a benchmark runs on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from infra.kafka import KafkaConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Addresses of a running Kafka and Postgres, and the folder for logs."""

    kafka: KafkaConnection
    server_url: str
    folder: Path
