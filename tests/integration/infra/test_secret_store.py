from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.postgres import connect
from infra.postgres_session import Session
from infra.secret_store import SecretName, SecretStore

KEY = bytes(range(32))
GLOBAL = SecretName(namespace="", name="token")
OWN = SecretName(namespace="shop", name="token")


@pytest.fixture
def store(fresh_database: str) -> Iterator[SecretStore]:
    found = SecretStore(Session(fresh_database), KEY)
    yield found
    found.close()


def test_before_the_first_secret_there_are_none(store: SecretStore) -> None:
    assert store.values() == ({}, [])
    assert store.known() == []
    assert not store.remove(GLOBAL)


def test_secrets_are_set_read_replaced_and_removed(store: SecretStore) -> None:
    store.put(GLOBAL, "grüezi", "anna")
    store.put(OWN, "first", "anna")
    store.put(OWN, "second", "ben")

    assert store.values() == ({GLOBAL: "grüezi", OWN: "second"}, [])
    assert [(one.name, one.set_by) for one in store.known()] == [(GLOBAL, "anna"), (OWN, "ben")]
    assert store.remove(OWN)
    assert store.values() == ({GLOBAL: "grüezi"}, [])


def test_the_database_holds_nothing_that_can_be_read_or_moved(store: SecretStore, fresh_database: str) -> None:
    store.put(GLOBAL, "very-secret", "anna")
    with connect(fresh_database) as connection:
        rows = connection.execute("select t::text, convert_from('x', 'UTF8') from agentos_secrets.secrets t").fetchall()
        assert "very-secret" not in str(rows)
        assert b"very-secret".hex() not in str(rows)
        connection.execute("update agentos_secrets.secrets set name = 'other'")

    assert store.values() == ({}, [SecretName(namespace="", name="other")])


def test_another_key_reads_nothing_and_says_what(store: SecretStore, fresh_database: str) -> None:
    store.put(GLOBAL, "x", "anna")
    other = SecretStore(Session(fresh_database), bytes(32))

    assert other.values() == ({}, [GLOBAL])
    other.close()
