"""The MCP server that the standard's example starts, as far as it asks for it. Run as a program on standard streams."""

from __future__ import annotations

import os
import sys
from typing import Any

from mcp.server.mcpserver import MCPServer

server = MCPServer("slack")


@server.tool()
def conversations_add_message(channel_id: str, thread_ts: str, payload: str, content_type: str) -> dict[str, Any]:
    """Give what was sent, and how the server was started."""
    del thread_ts, content_type
    return {
        "channel_id": channel_id,
        "payload": payload,
        "arguments": " ".join(sys.argv[1:]),
        "has_token": os.environ.get("SLACK_MCP_XOXP_TOKEN", "").startswith("xoxp-"),
    }


if __name__ == "__main__":
    server.run("stdio")
