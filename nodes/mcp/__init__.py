"""`call: mcp`: asks a server of the Model Context Protocol, over HTTP or as a process.

arguments.py  what `with` may hold
transport.py  the way to the server: the guarded HTTP client, or a confined process
node.py       the node type
"""

from nodes.mcp.node import Mcp

__all__ = ["Mcp"]
