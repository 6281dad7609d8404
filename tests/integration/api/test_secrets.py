"""Secrets are planted in every place a worker reads them from, used in every way, and then looked for everywhere."""

from __future__ import annotations

import base64
import json
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import psycopg
import pytest
from psycopg import sql

from agentos.secret_table import open_store
from infra.kafka import KafkaConnection, read_range, watermarks
from infra.secret_store import SecretName
from infra.settings import load_settings
from schemas.topics import TOPICS, task_topic
from tests.eventually import eventually
from tests.integration.api.system import Process, System, free_port
from tests.integration.api.test_http import publish

PLANTED = {
    "inEnvironment": "env-Pl4nted/secret+1",
    "inFolder": "folder-Pl4nted/secret+2",
    "inTable": "table-Pl4nted/secret+3",
    "forUs": "namespace-Pl4nted/secret+4",
}
PASSWORD = "object-Pl4nted/secret+5"
FOR_OTHERS = "others-Pl4nted/secret+6"

DOCUMENT = """
document: {dsl: '1.0.3', namespace: secretive, name: everything, version: '1.0.0'}
use: {secrets: [inEnvironment, inFolder, inTable, forUs, login]}
do:
  - echo:
      call: http
      with:
        method: post
        endpoint: 'ADDRESS/echo'
        headers: {x-key: '${ $secrets.inEnvironment }', x-basic: '${ "me:\\($secrets.inFolder)" | @base64 }'}
        query: {q: '${ $secrets.inTable }'}
        body: '${ {all: [$secrets.inEnvironment, $secrets.inFolder, $secrets.inTable, $secrets.forUs], of: .who} }'
        output: response
  - basic:
      call: http
      with: {method: get, endpoint: {uri: 'ADDRESS/echo', authentication: {basic: {use: login}}}}
  - say:
      call: log
      with: {message: '${ "the key is \\($secrets.forUs)" }'}
  - stream:
      call: model
      with:
        provider: scripted
        model: any
        messages: [{role: user, content: '${ $secrets.inTable }'}]
        script: '${ [{text: "You said \\($secrets.inTable) and \\($secrets.forUs) to me"}] }'
  - fails:
      try:
        - call500: {call: http, with: {method: post, endpoint: 'ADDRESS/fail', body: '${ $secrets.inFolder }'}}
      catch: {as: error, do: [{keep: {set: {error: '${ $error }'}}}]}
  - wrong:
      try:
        - noNumber: {call: log, with: {message: hi, level: '${ $secrets.inTable }'}}
      catch: {as: error, do: [{keep: {set: {error: '${ $error }'}}}]}
  - ends:
      call: http
      with: {method: get, endpoint: '${ "ADDRESS/fail/\\($secrets.inEnvironment)" }'}
"""
FOREIGN = """
document: {dsl: '1.0.3', namespace: secretive, name: foreign, version: '1.0.0'}
use: {secrets: [forOthers]}
do:
  - say: {call: log, with: {message: '${ $secrets.forOthers }'}}
"""


class Echo(BaseHTTPRequestHandler):
    """Gives back what it is sent, in many forms; below /fail as an error."""

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length", 0)))
        told = f"{self.path}\n{self.headers}\n{sent.decode()}"
        answer = {"told": told, "base64": base64.b64encode(told.encode()).decode(), "hex": told.encode().hex()}
        body = json.dumps(answer | {"quoted": quote(told)}).encode()
        self.send_response(500 if self.path.startswith("/fail") else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def worker(system: System, tmp_path: Path) -> Iterator[Process]:
    """A worker that has secrets of the environment and of a folder; those of the table are set by the command."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "inFolder").write_text(PLANTED["inFolder"])
    environment = {
        **system.environment,
        "AGENTOS_SECRET_INENVIRONMENT": PLANTED["inEnvironment"],
        "AGENTOS_SECRET_LOGIN": json.dumps({"username": "me", "password": PASSWORD}),
        "AGENTOS_SECRETS_DIR": str(folder),
        "AGENTOS_HTTP_ALLOW_PRIVATE": "127.0.0.1",
    }
    port = free_port()
    started = Process(
        ("worker", "nodes", "--types", "http,log,model"),
        {**environment, "AGENTOS_HEALTH_PORT": str(port)},
        port,
        system.folder / "nodes-with-secrets.log",
    )
    started.start()
    started.wait_until_ready()
    yield started
    started.end(signal.SIGTERM)


def set_by_command(system: System, folder: Path, value: str, *arguments: str) -> None:
    (folder / "value").write_text(value + "\n")
    done = system.agentos("secrets", "set", *arguments, "--file", str(folder / "value"))
    assert (done.returncode, done.stderr) == (0, "")


def set_in_table(system: System, values: dict[tuple[str, str], str]) -> None:
    store = open_store(load_settings(system.environment, Path("no such file")))
    for (namespace, name), value in values.items():
        store.put(SecretName(namespace=namespace, name=name), value, "a test")
    store.close()


@pytest.mark.timeout(300)
def test_planted_secrets_are_used_and_seen_nowhere(
    system: System, worker: Process, address: str, kafka: KafkaConnection, tmp_path: Path
) -> None:
    set_by_command(system, tmp_path, PLANTED["forUs"], "forUs", "--namespace", "secretive")
    set_in_table(system, {("", "inTable"): PLANTED["inTable"], ("others", "forOthers"): FOR_OTHERS})
    client = system.client()
    for text in (DOCUMENT, FOREIGN):
        publish(client, text.replace("ADDRESS", address))

    ended = {name: until_ended(client, name) for name in ("everything", "foreign")}
    listed = system.agentos("secrets", "list")

    assert ended["everything"]["status"] == "faulted"
    assert f"{address}/fail/***: expected success, found status 500" in json.dumps(ended["everything"])
    assert "'forOthers', found none" in json.dumps(ended["foreign"]), "a secret of another namespace is none"
    assert "inTable" in listed.stdout
    places = {
        "list of secrets": (listed.stdout + listed.stderr).encode(),
        **{f"run {name}": json.dumps(run).encode() for name, run in ended.items()},
        **{f"history {name}": client.get(f"/api/v1/runs/{run['run']}/events").content for name, run in ended.items()},
        **{path.name: path.read_bytes() for path in system.folder.glob("*.log")},
        **records(kafka, system.environment["AGENTOS_TOPIC_PREFIX"]),
        **rows(system.environment["DATABASE_URL"]),
    }
    assert b"***" in places["topic progress"]
    assert b"***" in places["topic events"]
    assert b"the key is ***" in places["nodes-with-secrets.log"]
    assert len(places["topic events"]) > 5000
    assert len(places["table public.runs"]) > 1000
    assert leaks(places) == []


def until_ended(client: httpx.Client, name: str) -> dict[str, Any]:
    """Start a run and give it when it has ended and is in Postgres with its error."""
    body = {"workflow": f"secretive/{name}", "input": {"who": "me"}}
    where = client.post("/api/v1/runs", json=body).headers["location"]

    def found() -> Any:
        run = client.get(where).json()
        return run if run["status"] == "faulted" else None

    run: dict[str, Any] = eventually(found, within_s=60)
    eventually(lambda: where.rpartition("/")[2] in client.get("/api/v1/runs?limit=500").text)
    return run


def records(kafka: KafkaConnection, prefix: str) -> dict[str, bytes]:
    """Give all records of every topic of the system, with their keys and headers."""
    found = {}
    for topic in (*TOPICS, *map(task_topic, ("http", "log", "model"))):
        name = topic.full_name(prefix)
        parts = [
            b"\n".join([message.key() or b"", message.value() or b"", repr(message.headers()).encode()])
            for number, marks in watermarks(kafka, name).items()
            for batch in read_range(kafka, (name, number), marks.low, marks.high)
            for message in batch
        ]
        found[f"topic {topic.name}"] = b"\n".join(parts)
    return found


def rows(database_url: str) -> dict[str, bytes]:
    """Give all rows of every table."""
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "select schemaname, relname from pg_stat_user_tables order by schemaname, relname"
        ).fetchall()
        return {
            f"table {schema}.{table}": "\n".join(
                row[0]
                for row in connection.execute(
                    sql.SQL("select t::text from {} t").format(sql.Identifier(schema, table))
                ).fetchall()
            ).encode()
            for schema, table in tables
        }


def leaks(places: dict[str, bytes]) -> list[str]:
    """Give which secret is where, and in which form."""
    return [
        f"{secret} as {form!r} in {place}"
        for secret in (*PLANTED.values(), PASSWORD, FOR_OTHERS)
        for form in forms(secret)
        for place, found in places.items()
        if form in found
    ]


def forms(secret: str) -> set[bytes]:
    """Give what a secret looks like in text, in URLs, in hexadecimal, and within base64 at each of its offsets."""
    data = secret.encode()
    within = [base64.b64encode(b"." * before + data)[4 : 4 + 8] for before in (0, 1, 2)]
    whole = base64.b64encode(data).rstrip(b"=")[:-1]
    in_urls = {quote(secret, safe="").encode(), quote(secret).encode(), quote_plus(secret).encode()}
    return {data, data.hex().encode(), whole, *within, *in_urls}
