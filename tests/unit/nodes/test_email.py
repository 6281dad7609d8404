from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from nodes.email import Email, EmailArguments
from nodes.errors import NodeError
from tests.unit.nodes.service import client, context
from tests.unit.nodes.smtp_server import MailBox, running_mail_server

MESSAGE = {"to": "anna@shop.example", "subject": "Grüße", "text": "It is on its way."}


@pytest.fixture
async def box() -> AsyncIterator[MailBox]:
    async with running_mail_server("s3cret") as running:
        yield running


async def send(box: MailBox, server: dict[str, Any] | None = None, **arguments: Any) -> Any:
    given = {"host": "127.0.0.1", "port": box.port, "security": "none", "from": "shop@shop.example"} | (server or {})
    async with client() as http:
        return await Email().run(
            EmailArguments.model_validate(MESSAGE | arguments), context(http, {"smtp": given, "other": given})
        )


async def failure(run: Any) -> NodeError:
    with pytest.raises(NodeError) as caught:
        await run
    return caught.value


async def test_a_message_is_handed_to_the_server(box: MailBox) -> None:
    output = await send(box, cc=["bert@shop.example"], bcc=["boss@shop.example"], html="<p>It is on its way.</p>")
    recipients, message = box.delivered[0]

    assert recipients == ["anna@shop.example", "bert@shop.example", "boss@shop.example"]
    assert (message["From"], message["To"], message["Cc"]) == (
        "shop@shop.example",
        "anna@shop.example",
        "bert@shop.example",
    )
    assert message["Bcc"] is None
    assert message["Subject"] == "Grüße"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert output == {"messageId": message["Message-ID"], "refused": {}}


async def test_a_repeated_task_sends_a_message_of_the_same_id(box: MailBox) -> None:
    assert (await send(box))["messageId"] == (await send(box))["messageId"]


async def test_it_logs_in_when_the_secret_says_as_whom(box: MailBox) -> None:
    await send(box, {"username": "shop", "password": "s3cret"})

    assert box.logins == ["shop"]


async def test_a_wrong_password_is_an_error_of_authentication(box: MailBox) -> None:
    error = await failure(send(box, {"username": "shop", "password": "wrong"}))

    assert error.problem["type"].endswith("/authentication")
    assert "wrong" not in str(error.problem)


async def test_refused_recipients_are_named_and_an_error_only_when_all_are(box: MailBox) -> None:
    output = await send(box, cc=["nobody@shop.example"])
    assert output["refused"] == {"nobody@shop.example": "550 5.1.1 no such user"}

    error = await failure(send(box, to="nobody@shop.example"))
    assert (error.retryable, "nobody@shop.example: 550" in error.problem["detail"]) == (False, True)
    assert (await failure(send(box, to="later@shop.example"))).retryable


async def test_a_server_that_is_not_there_may_come_back(box: MailBox) -> None:
    error = await failure(send(box, {"port": 1}))

    assert error.retryable
    assert "127.0.0.1:1" in error.problem["detail"]


async def test_a_message_is_not_sent_in_the_clear_when_the_server_cannot_do_better(box: MailBox) -> None:
    await failure(send(box, {"security": "starttls"}))

    assert box.delivered == []


async def test_without_its_secret_it_says_which_one() -> None:
    async with client() as http:
        error = await failure(Email().run(EmailArguments.model_validate(MESSAGE), context(http, {})))

    assert "a secret called 'smtp'" in error.problem["detail"]


@pytest.mark.parametrize(
    "wrong", [{"subject": "a\r\nBcc: all@shop.example"}, {"to": "anna@x\r\nBcc: b@x"}, {"to": "x"}]
)
def test_no_header_can_be_smuggled_in(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        EmailArguments.model_validate(MESSAGE | wrong)
