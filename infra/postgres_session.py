"""One blocking connection to Postgres that never hangs: opened when needed, dropped when Postgres does not answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from psycopg import sql
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

from infra.errors import Unreachable
from infra.postgres import Row

Given = TypeVar("Given")

CONNECT_TIMEOUT_S = 2

_TIMEOUT = sql.SQL("set local statement_timeout = {}")


class Unavailable(Unreachable, ConnectionError):
    """Postgres can't be reached, does not answer in time, or has not the tables it should have. Try again later."""


class _Deadline(psycopg.Connection[Row]):
    """A connection whose every wait ends: statement timeouts are kept by the server, and a stopped one keeps none."""

    answer_s: float = 5.0

    def wait(self, gen: PQGen[Given], interval: float = 0.1, timeout: float | None = None) -> Given:
        """Finish `gen`, or drop the connection and raise `OperationalError`."""
        try:
            return super().wait(gen, interval=interval, timeout=timeout or self.answer_s)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


class Session:
    """One connection, used from one thread. `answer_s` is how long one wait for Postgres may take at most.

    `parameters` are set for the connection, such as `search_path`.
    """

    def __init__(
        self,
        database_url: str,
        *,
        answer_s: float = 4.0,
        application: str = "agentos",
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        self._parameters = "".join(f" -c {name}={value}" for name, value in (parameters or {}).items())
        self._database_url = database_url
        self._answer_s = answer_s
        self._application = application
        self._connection: _Deadline | None = None

    @contextmanager
    def transaction(self, *, answer_s: float | None = None) -> Iterator[psycopg.Cursor[Row]]:
        """Give a cursor in a transaction: committed at the end, rolled back on an error. Raises `Unavailable`.

        `answer_s` allows this one another time for each of its statements.
        """
        try:
            connection = self._open()
            connection.answer_s = answer_s or self._answer_s
            with connection.transaction(), connection.cursor() as cursor:
                if answer_s is not None:
                    cursor.execute(_TIMEOUT.format(int(answer_s * 1000)))
                yield cursor
        except psycopg.Error as error:
            self.close()
            raise unavailable(error) from error

    def close(self) -> None:
        """Close the connection, if one is open. The next transaction opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> _Deadline:
        if self._connection is None or self._connection.closed:
            self._connection = _Deadline.connect(
                self._database_url,
                autocommit=True,
                connect_timeout=CONNECT_TIMEOUT_S,
                application_name=self._application,
                options=f"-c timezone=UTC -c statement_timeout={int(self._answer_s * 1000)}{self._parameters}",
            )
        return self._connection


def unavailable(error: psycopg.Error) -> Unavailable:
    """Give the error for a Postgres that could not do what was asked. It names no secret."""
    words = str(error).strip().splitlines()
    return Unavailable(
        f"Expected Postgres to answer, found {type(error).__name__}: {words[0] if words else 'nothing'};"
        " check that it runs, DATABASE_URL, and that its tables were made by this version"
    )
