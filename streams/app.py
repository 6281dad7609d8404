"""The Faust app of a role, made from the settings: what Faust may do is decided here, once.

One app is one consumer group. Faust gets no web server, no producer of its own, no leader election, no topics to create
and no folder: it consumes, keeps the group, and recovers tables.
"""

from __future__ import annotations

import gc
import logging
import ssl
from typing import Any

import faust
from faust.app.base import BootStrategy
from faust.exceptions import ConsumerNotStarted

from infra.errors import InvalidSettings
from infra.settings import KafkaSettings
from streams import transport

#: Records of one fetch, over all partitions. More brings nothing and makes the loop unresponsive.
FETCH_RECORDS = 2000
#: Batches a stream holds ready. Each is a whole fetch, so few are enough.
BATCHES_AHEAD = 8
COMMIT_INTERVAL_S = 0.5
#: Members learn of a rebalance by their heartbeats, so this is a part of every take-over.
HEARTBEAT_S = 0.5

#: Roles that nobody waits for take fewer and larger fetches, which saves the broker and themselves work.
PATIENT = {"snapshots": 64 * 1024, "lifecycle": 64 * 1024}

#: Loggers that would make records for each message or rebalance step if their level let them.
QUIET = {
    "aiokafka": logging.WARNING,
    "faust": logging.WARNING,
    "mode": logging.WARNING,
    "asyncio": logging.WARNING,
    # These two report what is meant to be, and one that a broker is away ten times a second: topics are not created
    # here, and a rebalance ends a group's generation.
    "faust.transport.drivers.aiokafka": logging.ERROR,
    "aiokafka.consumer.group_coordinator": logging.CRITICAL,
}


class ConsumerOnly(BootStrategy):
    """Starts no producer and no web server: producing goes through one confluent-kafka producer."""

    enable_kafka_producer = False
    enable_web = False


class App(faust.App):
    """A Faust app that writes nothing to the disk."""

    BootStrategy = ConsumerOnly
    #: Bytes for which the broker holds back the answer to a fetch, `consumer_thread.FETCH_WAIT_MS` at most.
    fetch_min_bytes: int = 1

    async def on_first_start(self) -> None:
        """Make no folders."""


def faust_app(role: str, settings: KafkaSettings, bootstrap_servers: str) -> App:
    """Give the app of `role`. Its consumer group is the topic prefix and the role."""
    quieten()
    first, *others = bootstrap_servers.split(",")
    options: dict[str, Any] = {
        "broker": [f"{transport.SCHEME}://{server.strip()}" for server in (first, *others)],
        "broker_credentials": credentials(settings),
        "broker_session_timeout": settings.session_timeout_s,
        "broker_heartbeat_interval": HEARTBEAT_S,
        "broker_rebalance_timeout": 30.0,
        "broker_request_timeout": max(40.0, settings.session_timeout_s),
        "broker_max_poll_records": FETCH_RECORDS,
        "broker_commit_interval": COMMIT_INTERVAL_S,
        "broker_check_crcs": False,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": 8 * 1024 * 1024,
        "stream_wait_empty": False,
        "table_standby_replicas": 0,
        # The orchestrator's table may know more than Faust thinks the log has: somebody wrote between two looks at it.
        "recovery_consistency_check": False,
        "stream_buffer_maxsize": BATCHES_AHEAD,
        "stream_recovery_delay": 0.0,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "topic_partitions": settings.partitions,
        "reply_create_topic": False,
        "web_enabled": False,
        "worker_redirect_stdouts": False,
        "autodiscover": False,
        "store": "memory://",
    }
    app = App(consumer_group(role, settings), **options)
    app.fetch_min_bytes = PATIENT.get(role, 1)
    return app


def assigned_partitions(app: App, topic: str) -> set[int]:
    """Give the partitions of a topic that are assigned to this process: none before its consumer has started."""
    try:
        assignment = app.consumer.assignment()
    except ConsumerNotStarted:
        return set()
    return {tp.partition for tp in assignment if tp.topic == topic}


def consumer_group(role: str, settings: KafkaSettings) -> str:
    """Give the consumer group of a role: the topic prefix and the role."""
    return f"{settings.topic_prefix}{role}"


def quieten() -> None:
    """Set the levels of the libraries' loggers, and let the garbage collector leave long-lived states alone."""
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    gc.set_threshold(50_000, 20, 100)


def credentials(settings: KafkaSettings) -> faust.auth.Credentials | None:
    """Give the settings' credentials as Faust wants them. Raises `InvalidSettings` for a mechanism it does not know."""
    context = _ssl_context(settings) if settings.security_protocol.endswith("SSL") else None
    if settings.security_protocol.startswith("SASL"):
        if settings.sasl_mechanism == "OAUTHBEARER":
            raise InvalidSettings("KAFKA_SASL_MECHANISM: expected PLAIN or SCRAM-SHA-256 or SCRAM-SHA-512 for workers")
        password = settings.sasl_password
        return faust.SASLCredentials(
            username=settings.sasl_username,
            password=password.get_secret_value() if password else None,
            mechanism=settings.sasl_mechanism or "PLAIN",
            ssl_context=context,
        )
    return faust.SSLCredentials(context=context) if context else None


def _ssl_context(settings: KafkaSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ssl_ca_location)
    if settings.ssl_certificate_location:
        password = settings.ssl_key_password
        context.load_cert_chain(
            settings.ssl_certificate_location,
            settings.ssl_key_location,
            password.get_secret_value() if password else None,
        )
    return context
