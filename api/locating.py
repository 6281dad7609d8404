"""Where to begin reading the log: behind what Postgres has of each partition, or at its beginning."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from api.tail import Place, Places
from engine.chain import GENESIS
from infra.errors import Unreachable
from infra.kafka import KafkaConnection, watermarks
from infra.postgres_session import Session
from infra.snapshots_store import SnapshotReader, Watermark

LOG = logging.getLogger(__name__)


def locator(kafka: KafkaConnection, database_url: str, topics: tuple[str, str]) -> Callable[[], Places]:
    """Give the function that finds the places in the topics of events and of definitions. It blocks."""
    events_topic, definitions_topic = topics

    def locate() -> Places:
        ends = watermarks(kafka, events_topic)
        stored = _stored(database_url, ends)
        return Places(
            events={
                partition: place(stored.get(partition), low=end.low, high=end.high) for partition, end in ends.items()
            },
            definitions_end=watermarks(kafka, definitions_topic)[0].high,
        )

    return locate


def place(stored: Watermark | None, *, low: int, high: int) -> Place:
    """Give where to begin in a partition that holds offsets from `low` to before `high`."""
    if stored is not None and low <= stored.offset + 1 <= high:
        return Place(offset=stored.offset + 1, head=stored.head, end=high)
    return Place(offset=low, head=GENESIS, end=high)


def _stored(database_url: str, partitions: Mapping[int, object]) -> dict[int, Watermark]:
    """Give what Postgres has, nothing when it is away: the log is then read from its beginning."""
    reader = SnapshotReader(Session(database_url, application="agentos-api"))
    try:
        found = {partition: reader.watermark(partition) for partition in partitions}
    except Unreachable as error:
        LOG.warning("The log is read from its beginning: %s", error)
        return {}
    finally:
        reader.close()
    return {partition: mark for partition, mark in found.items() if mark is not None}
