"""Running a node, and running it again within the attempt as its retry rules say."""

from __future__ import annotations

import asyncio
from typing import Any

from nodes.base import Node, TaskContext
from nodes.errors import as_node_error
from nodes.retries import RetryRules


async def output_of(node: Node, arguments: Any, context: TaskContext, rules: RetryRules | None) -> Any:
    """Give the node's output. `rules` are its class's; a `retry` in the arguments counts before. Raises its error."""
    own = getattr(arguments, "retry", None)
    found = own if isinstance(own, RetryRules) else rules
    if found is None:
        return await node.run(arguments, context)
    retries = 0
    while True:
        try:
            return await node.run(arguments, context)
        except Exception as error:
            told = as_node_error(error)
            wait_ms = found.wait_ms(told, retries, context.idempotency_key)
            remaining_s = context.remaining_s()
            if wait_ms is None or (remaining_s is not None and remaining_s * 1000 <= wait_ms):
                raise
        retries += 1
        context.log(f"{told}; trying again in {wait_ms} ms")
        await asyncio.sleep(wait_ms / 1000)
