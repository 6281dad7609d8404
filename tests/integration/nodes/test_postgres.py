from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest

from agentos.node_provisions import provisions
from infra.settings import Settings, load_settings
from nodes.errors import STANDARD, NodeError
from nodes.postgres import Postgres, PostgresArguments
from nodes.provisions import instance_of
from tests.unit.nodes.service import context


@pytest.fixture
def shop(fresh_database: str) -> str:
    """Give the URL of a database with 100 customers."""
    with psycopg.connect(fresh_database) as connection:
        connection.execute("create table customers (id int primary key, name text, data jsonb)")
        connection.execute("insert into customers select n, 'c' || n, '{}' from generate_series(1, 100) n")
    return fresh_database


def settings() -> Settings:
    return load_settings({})


async def query(url: str | None, text: str, *parameters: Any, deadline_s: float = 0, **more: Any) -> Any:
    node: Any = instance_of(Postgres, provisions(settings()))
    given = {"database": {"use": "shop"}, "query": text, "parameters": list(parameters), **more}
    deadline_at_ms = int((time.time() + deadline_s) * 1000) if deadline_s else 0
    secrets = {} if url is None else {"shop": url}
    ctx = context(None, secrets, deadline_at_ms)  # type: ignore[arg-type]
    return await node.run(PostgresArguments.model_validate(given), ctx)


async def failure(run: Any) -> NodeError:
    with pytest.raises(NodeError) as caught:
        await run
    return caught.value


def names(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*) from customers").fetchone()
    assert row is not None
    return int(row[0])


async def test_rows_are_given_by_the_names_of_their_columns(shop: str) -> None:
    output = await query(shop, "select id, name from customers where id between $1 and $2 order by id", 1, 2)

    assert output.rows == [{"id": 1, "name": "c1"}, {"id": 2, "name": "c2"}]
    assert output.count == 2


async def test_parameters_are_values_and_never_text_of_the_statement(shop: str) -> None:
    hostile = "'; drop table customers; --"

    assert (await query(shop, "select $1::text as told, '%s' as kept", hostile)).rows == [
        {"told": hostile, "kept": "%s"}
    ]
    assert names(shop) == 100


async def test_values_are_json_exact_and_readable(shop: str) -> None:
    text = """select 1.10::numeric as price, date '2026-11-22' as day, '\\x00ff'::bytea as bytes, $1::jsonb as data,
        interval '90 s' as span, array[1, 2] as list, null as nothing, true as yes"""

    assert (await query(shop, text, {"a": [1]})).rows[0] == {
        "price": "1.10",
        "day": "2026-11-22",
        "bytes": "AP8=",
        "data": {"a": [1]},
        "span": 90.0,
        "list": [1, 2],
        "nothing": None,
        "yes": True,
    }


async def test_without_write_the_database_refuses_a_change(shop: str) -> None:
    error = await failure(query(shop, "delete from customers"))

    assert error.problem["type"] == STANDARD + "authorization"
    assert "read-only transaction" in error.problem["detail"]
    assert names(shop) == 100


@pytest.mark.parametrize("more", [{}, {"write": True}])
async def test_a_second_statement_is_refused(shop: str, more: dict[str, Any]) -> None:
    error = await failure(query(shop, "select 1; delete from customers", **more))

    assert "multiple commands" in error.problem["detail"]
    assert names(shop) == 100


async def test_with_write_a_statement_changes_rows_and_counts_them(shop: str) -> None:
    deleted = await query(shop, "delete from customers where id > $1", 90, write=True)
    updated = await query(shop, "update customers set name = $1 where id = 1 returning name", "Anna", write=True)

    assert (deleted.rows, deleted.count) == ([], 10)
    assert (updated.rows, updated.count) == ([{"name": "Anna"}], 1)
    assert names(shop) == 90


async def test_more_rows_than_allowed_are_an_error_and_change_nothing(shop: str) -> None:
    read = await failure(query(shop, "select * from generate_series(1, 50000000)", rowsMax=10))
    written = await failure(query(shop, "delete from customers returning id", write=True, rowsMax=10))

    assert "at most 10 rows" in read.problem["detail"]
    assert "at most 10 rows" in written.problem["detail"]
    assert names(shop) == 100


async def test_a_statement_ends_at_the_tasks_deadline(shop: str) -> None:
    began_at = time.monotonic()
    error = await failure(query(shop, "select pg_sleep(30)", deadline_s=0.5))

    assert error.problem["type"] == STANDARD + "timeout"
    assert time.monotonic() - began_at < 5


async def test_a_mistake_is_told_with_its_sqlstate_and_one_that_may_go_away_is_retryable(shop: str) -> None:
    mistake = await failure(query(shop, "select nothing from customers"))
    away = await failure(query("postgresql://anna:s3cret@127.0.0.1:1/shop", "select 1"))

    assert (mistake.problem["sqlstate"], mistake.retryable) == ("42703", False)
    assert away.retryable
    assert "s3cret" not in str(away.problem)


async def test_without_the_secret_it_says_which_one() -> None:
    assert "a secret called 'shop'" in (await failure(query(None, "select 1"))).problem["detail"]
