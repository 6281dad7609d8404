"""`call: webhook` sends a signed POST, as Standard Webhooks 1.0 describes it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from pydantic import BaseModel, Field

from nodes.base import TaskContext
from nodes.errors import fault
from nodes.http.arguments import FromSecret, HttpArguments
from nodes.http.exchange import exchange
from nodes.http.node import limits_of, request_of
from nodes.http.outcome import output_of

#: What the text of a key in base64 begins with.
KEY_PREFIX = "whsec_"


class WebhookArguments(BaseModel, extra="forbid"):
    """Where to, what, and the key that signs it."""

    url: str = Field(min_length=1, description="Where to send it.")
    body: Any = Field(default=None, description="JSON values.")
    secret: FromSecret | str = Field(description="The key: `{use: NAME}` for a secret, or its text.")
    headers: dict[str, str] = Field(default={}, description="Further headers.")


class WebhookOutput(BaseModel):
    """What the receiver answered."""

    id: str = Field(description="The message's id: the same for every attempt.")
    content: Any = Field(description="The content of the answer.")


class Webhook:
    """Sends a signed message to a webhook. The receiver can check who sent it, when, and that nobody changed it."""

    name = "webhook"
    version = "1.0.0"
    icon = "webhook"
    With = WebhookArguments
    Output = WebhookOutput
    examples = ({"url": "https://partner.example/hooks", "secret": {"use": "partnerHook"}, "body": {"paid": True}},)

    async def run(self, with_: WebhookArguments, ctx: TaskContext) -> WebhookOutput:
        """Send the message."""
        body = json.dumps(with_.body, ensure_ascii=False, separators=(",", ":"))
        message_id = f"msg_{hashlib.sha256(f'{ctx.run_id}{ctx.path}'.encode()).hexdigest()[:32]}"
        sent_at = str(int(time.time()))
        signed = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": sent_at,
            "webhook-signature": signature(_key(with_.secret, ctx), message_id, sent_at, body.encode()),
        }
        own = {name: value for name, value in with_.headers.items() if name.lower() not in signed}
        call = HttpArguments(method="post", endpoint=with_.url, headers=own | signed, body=body)
        found = await exchange(request_of(call, ctx), ctx, None, limits_of(call, ctx))
        return WebhookOutput(id=message_id, content=output_of(found, call))


def signature(key: bytes, message_id: str, sent_at: str, body: bytes) -> str:
    """Give the signature of a message: HMAC-SHA256 over its id, its timestamp and its raw body."""
    signed = b".".join((message_id.encode(), sent_at.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def _key(given: FromSecret | str, ctx: TaskContext) -> bytes:
    text = given if isinstance(given, str) else ctx.secret(given.use)
    if not isinstance(text, str) or not text:
        raise fault(
            "configuration", f"expected a secret with the key as text, found {'none' if not text else 'no text'}"
        )
    if not text.startswith(KEY_PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(KEY_PREFIX), validate=True)
    except ValueError:
        raise fault("configuration", f"expected base64 after `{KEY_PREFIX}` in the key, found something else") from None
