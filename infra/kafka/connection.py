"""How to reach the brokers: one value that every function of this package takes first."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from pydantic import SecretStr

from infra.errors import Unreachable
from infra.settings import KafkaSettings

#: librdkafka's own lines. Its retries are noise by default: who waits for a broker says so itself.
LOG = logging.getLogger("infra.kafka.librdkafka")
LOG.setLevel(logging.CRITICAL)

Key = tuple[str, tuple[tuple[str, str], ...]]

_clients: dict[Key, AdminClient] = {}
_making = threading.Lock()

#: How long one attempt to reach a broker takes at most.
ATTEMPT_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaConnection:
    """The brokers, and the librdkafka options that let us in."""

    bootstrap_servers: str
    security: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> Key:
        """What two connections to the same brokers by the same means have in common."""
        return self.bootstrap_servers, tuple(sorted(self.security.items()))

    def config(self, **options: Any) -> dict[str, Any]:
        """Give a librdkafka configuration: dots are written as underscores in `options`."""
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "reconnect.backoff.max.ms": 1000,
            "broker.address.family": "v4" if self.bootstrap_servers.startswith("127.") else "any",
            "logger": LOG,
            **self.security,
            **{name.replace("_", "."): value for name, value in options.items()},
        }


def kafka_connection(settings: KafkaSettings, bootstrap_servers: str | None = None) -> KafkaConnection:
    """Give the connection that `settings` describe, to `bootstrap_servers` if the settings name none."""
    servers = settings.bootstrap_servers or bootstrap_servers
    if servers is None:
        raise Unreachable(
            "Expected KAFKA_BOOTSTRAP_SERVERS, found none; set it, or run `agentos up` for a Kafka of its own"
        )
    return KafkaConnection(bootstrap_servers=servers, security=_security(settings))


def admin(connection: KafkaConnection) -> AdminClient:
    """Give this process's admin client for these brokers: one for all threads, and for as long as the process lives.

    A client that is let go while it owes an answer takes the process with it (seen when brokers were killed, and when
    the process itself stood still longer than its deadlines), and each costs some threads and connections.
    """
    with _making:
        if connection.key not in _clients:
            _clients[connection.key] = AdminClient(connection.config(socket_timeout_ms=10_000))
        return _clients[connection.key]


def wait_for_broker(connection: KafkaConnection, *, deadline_s: float = 30) -> None:
    """Return once a broker answers; raise `Unreachable` after `deadline_s`."""
    client = admin(connection)
    ends_at = time.monotonic() + deadline_s
    while True:
        try:
            client.list_topics(timeout=min(ATTEMPT_S, deadline_s))
            return
        except KafkaException as error:
            if time.monotonic() > ends_at:
                raise unreachable(connection, error, deadline_s) from error


def unreachable(connection: KafkaConnection, error: KafkaException, deadline_s: float) -> Unreachable:
    """Give the error for brokers that did not answer in time."""
    return Unreachable(
        f"Expected Kafka at {connection.bootstrap_servers} to answer within {deadline_s:g} s, found: {reason(error)};"
        " check that it runs, KAFKA_BOOTSTRAP_SERVERS, and the KAFKA_SECURITY_PROTOCOL and KAFKA_SASL_* settings"
    )


def reason(error: KafkaException) -> str:
    """Give librdkafka's words for what went wrong."""
    return str(error.args[0].str())


def _security(settings: KafkaSettings) -> dict[str, str]:
    options = {
        "security.protocol": settings.security_protocol,
        "sasl.mechanism": settings.sasl_mechanism,
        "sasl.username": settings.sasl_username,
        "sasl.password": settings.sasl_password,
        "ssl.ca.location": settings.ssl_ca_location,
        "ssl.certificate.location": settings.ssl_certificate_location,
        "ssl.key.location": settings.ssl_key_location,
        "ssl.key.password": settings.ssl_key_password,
    }
    return {name: _plain(value) for name, value in options.items() if value is not None}


def _plain(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
