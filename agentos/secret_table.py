"""Secrets in Postgres: opened for commands, and read by workers."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from infra.errors import InvalidSettings
from infra.postgres_session import Session
from infra.secret_key import secrets_key, secrets_key_or_new
from infra.secret_store import SecretName, SecretStore
from infra.settings import Settings
from streams.worker.secrets import ReadTable

LOG = logging.getLogger(__name__)

#: How long one answer of Postgres may take.
ANSWER_S = 4.0


def open_store(settings: Settings) -> SecretStore:
    """Give the store of secrets, with a new key if there is none yet. Raises `InvalidSettings` without a database."""
    url = settings.postgres.database_url
    if url is None:
        raise InvalidSettings("DATABASE_URL: expected the address of Postgres, found none; run `agentos up`, or set it")
    key = secrets_key_or_new(settings.stack.data_dir, settings.nodes)
    return SecretStore(Session(url.get_secret_value(), answer_s=ANSWER_S, application="agentos secrets"), key)


def secrets_reader(settings: Settings) -> ReadTable | None:
    """Give what reads every secret for a worker, None without a database. Nothing is read before there is a key."""
    url = settings.postgres.database_url
    if url is None:
        return None
    secrets_key(settings.stack.data_dir, settings.nodes)  # one that is none is told when the worker starts
    session = Session(url.get_secret_value(), answer_s=ANSWER_S, application="agentos nodes")
    told: set[SecretName] = set()

    def read() -> Mapping[tuple[str, str], str]:
        key = secrets_key(settings.stack.data_dir, settings.nodes)
        if key is None:
            return {}
        found, sealed = SecretStore(session, key).values()
        for name in set(sealed) - told:
            LOG.warning(
                "the secret %s was encrypted with another key than AGENTOS_SECRETS_KEY: set that key, or it again",
                full_name(name),
            )
            told.add(name)
        return {(name.namespace, name.name): value for name, value in found.items()}

    return read


def full_name(name: SecretName) -> str:
    """Give a name as commands show it: `NAME`, or `namespaces.NAMESPACE.NAME`."""
    return f"namespaces.{name.namespace}.{name.name}" if name.namespace else name.name
