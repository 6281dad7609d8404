"""Secrets in Postgres, each encrypted with AES-256-GCM and bound to its namespace and name.

They are not in the log and can't be rebuilt from it, so they lie in a schema of their own, beside the tables that may
be dropped at any time. The empty namespace stands for all namespaces.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.postgres import Row
from infra.postgres_session import Session

NONCE_BYTES: Final = 12
#: Held while the table is made, so that two that make it at once do it one after the other.
TABLE_LOCK: Final = 0x41474F5353454352

TABLE: LiteralString = """
create schema if not exists agentos_secrets;
create table if not exists agentos_secrets.secrets (
    -- Empty for all namespaces.
    namespace text collate "C" not null,
    name text collate "C" not null,
    -- 12 bytes of nonce, then the encrypted value with its tag.
    sealed bytea not null,
    set_at timestamptz not null default now(),
    set_by text not null,
    primary key (namespace, name)
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretName:
    """What a secret is called, and for whom it is."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSecret:
    """That there is a secret, and who set it when."""

    name: SecretName
    set_at: datetime
    set_by: str


class SecretStore:
    """Writes and reads them. Used from one thread."""

    def __init__(self, session: Session, key: bytes) -> None:
        self._session = session
        self._cipher = AESGCM(key)

    def put(self, name: SecretName, value: str, who: str) -> None:
        """Set a secret, in place of the one there may be."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, value.encode(), _bound_to(name))
        with self._session.transaction() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [TABLE_LOCK])
            cursor.execute(TABLE)
            cursor.execute(
                "insert into agentos_secrets.secrets (namespace, name, sealed, set_by) values (%s, %s, %s, %s)"
                " on conflict (namespace, name) do update set sealed = excluded.sealed, set_by = excluded.set_by,"
                " set_at = now()",
                [name.namespace, name.name, sealed, who],
            )

    def remove(self, name: SecretName) -> bool:
        """Remove a secret; tell whether there was one."""
        with self._session.transaction() as cursor:
            if not _has_table(cursor):
                return False
            cursor.execute(
                "delete from agentos_secrets.secrets where namespace = %s and name = %s", [name.namespace, name.name]
            )
            return cursor.rowcount > 0

    def known(self) -> list[KnownSecret]:
        """Give what there is, without the values."""
        with self._session.transaction() as cursor:
            if not _has_table(cursor):
                return []
            rows = cursor.execute(
                "select namespace, name, set_at, set_by from agentos_secrets.secrets order by namespace, name"
            ).fetchall()
        return [
            KnownSecret(name=SecretName(namespace=namespace, name=name), set_at=set_at, set_by=set_by)
            for namespace, name, set_at, set_by in rows
        ]

    def values(self) -> tuple[Mapping[SecretName, str], list[SecretName]]:
        """Give every secret, and those that were encrypted with another key and can't be read."""
        with self._session.transaction() as cursor:
            if not _has_table(cursor):
                return {}, []
            rows = cursor.execute("select namespace, name, sealed from agentos_secrets.secrets").fetchall()
        sealed = {SecretName(namespace=row[0], name=row[1]): bytes(row[2]) for row in rows}
        opened = {name: self._opened(name, value) for name, value in sealed.items()}
        readable = {name: value for name, value in opened.items() if value is not None}
        return readable, [name for name in opened if name not in readable]

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _opened(self, name: SecretName, sealed: bytes) -> str | None:
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(name)).decode()
        except InvalidTag:
            return None


def _bound_to(name: SecretName) -> bytes:
    return f"{name.namespace}\n{name.name}".encode()


def _has_table(cursor: psycopg.Cursor[Row]) -> bool:
    row = cursor.execute("select to_regclass('agentos_secrets.secrets') is not null").fetchone()
    return row is not None and bool(row[0])
