"""Channels with a real worker: the mail comes, its link decides once, and a channel that fails shows in the inbox."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from tests.eventually import eventually
from tests.integration.api.system import Process, System, free_port
from tests.unit.nodes.smtp_server import MailBox, running_mail_server

ASK = """document: {dsl: '1.0.3', namespace: cli, name: mailed, version: '1.0.0'}
do:
  - ask:
      call: human_approval
      with:
        title: Pay 12 EUR?
        assignees: [ana@shop.example, ben@shop.example]
        channels: [email, {slack: {channel: '#ops'}}]
  - rest: {wait: {seconds: 1}}
"""


@pytest.fixture
def box() -> Iterator[MailBox]:
    """Give a mail server that runs in a thread of its own."""
    started, stop = threading.Event(), asyncio.Event()
    found: list[MailBox] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with running_mail_server("") as running:
            found.append(running)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert started.wait(10)
    yield found[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)


@pytest.fixture
def worker(system: System, box: MailBox) -> Iterator[Process]:
    """Give a worker that delivers notices, with a mail server and without a token for Slack."""
    port = free_port()
    mail = {"host": "127.0.0.1", "port": box.port, "security": "none", "from": "agentos@shop.example"}
    environment = {
        **system.environment,
        "AGENTOS_HEALTH_PORT": str(port),
        "AGENTOS_SECRET_SMTP": json.dumps(mail),
        "AGENTOS_PUBLIC_URL": system.url,
    }
    arguments = ("worker", "nodes", "--types", "approval_notice")
    process = replace(system.api, arguments=arguments, environment=environment, port=port, child=None)
    process.log = system.folder / "notices.log"
    process.start()
    process.wait_until_ready()
    yield process
    process.end(signal.SIGTERM)


@pytest.mark.usefixtures("worker")
def test_a_mailed_link_decides_once_and_a_channel_that_fails_falls_back_to_the_inbox(
    system: System, box: MailBox
) -> None:
    file = system.write("mailed.yaml", ASK)
    started = system.agentos("run", str(file), "--no-wait", "--json")
    run = json.loads(started.stdout.splitlines()[-1])["run"]
    eventually(lambda: len(box.delivered) == 2, within_s=30)
    text = box.delivered[1][1].get_content()
    found = re.search(r"https?://\S+/decide/\S+", text)
    assert found is not None
    link = found[0]

    client = system.client()
    approval = eventually(lambda: client.get("/api/v1/approvals", params={"run": run, "who": "all"}).json()["items"])[0]
    where = f"/api/v1/approvals/{approval['id']}"
    channels = eventually(lambda: [one for one in client.get(where).json()["channels"] if one["error"]])
    assert [one["name"] for one in channels] == ["slack"]
    assert "slack" in channels[0]["error"]
    assert client.get(where).json()["undelivered"] is True

    page = httpx.get(link)
    assert (page.status_code, "Pay 12 EUR?" in page.text) == (200, True)
    assert client.get(where).json()["status"] == "open"
    done = httpx.post(link, data={"act": "approve", "comment": "fine"})
    again = httpx.post(link, data={"act": "reject"})
    assert (done.status_code, again.status_code) == (200, 410)
    eventually(lambda: len(box.delivered) == 4, within_s=30)
    assert {message["Subject"] for _, message in box.delivered[2:]} == {"Decided: Pay 12 EUR?"}
    output = eventually(lambda: client.get(f"/api/v1/runs/{run}").json()["output"])
    assert (output["decision"], output["by"], output["channel"]) == ("approved", "ben@shop.example", "email")
