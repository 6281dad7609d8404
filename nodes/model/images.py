"""Images of a conversation as bytes: those that are elsewhere are fetched by the guarded client."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from nodes.base import TaskContext
from nodes.errors import fault
from nodes.http.exchange import Limits, exchange, shown
from nodes.model.arguments import Image, Message

REDIRECTS_MAX = 3


async def with_images(messages: Iterable[Message], ctx: TaskContext) -> list[Message]:
    """Give the messages with every image as `data`. Raises `NodeError` for one that can't be had."""
    return [
        message.model_copy(
            update={
                "content": [await _here(part, ctx) if isinstance(part, Image) else part for part in message.content]
            }
        )
        for message in messages
    ]


def bytes_of(image: Image) -> bytes:
    """Give the bytes of an image that is here."""
    try:
        return base64.b64decode(image.data or "", validate=True)
    except binascii.Error as error:
        raise fault("validation", f"expected the `data` of an image in base64, found {error}") from None


async def _here(image: Image, ctx: TaskContext) -> Image:
    if image.url is None:
        return image
    caps = ctx.http.caps
    limits = Limits(body_bytes=caps.body_bytes, timeout_s=caps.timeout_s, redirects=REDIRECTS_MAX)
    request = ctx.http.request("GET", image.url, headers={"accept": "image/*"})
    found = await exchange(request, ctx, None, limits)
    kind = found.response.headers.get("content-type", "").partition(";")[0].strip().lower()
    where = shown(request.url)
    if not found.response.is_success:
        raise fault("communication", f"{where}: expected an image, found status {found.response.status_code}")
    if not kind.startswith("image/"):
        raise fault("communication", f"{where}: expected an image, found {kind or 'no type of content'}")
    data = base64.b64encode(found.body).decode()
    return image.model_copy(update={"data": data, "url": None, "media_type": image.media_type or kind})
