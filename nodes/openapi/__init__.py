"""`call: openapi`: calls an operation as its OpenAPI (or Swagger 2.0) document describes it.

document.py   the document: fetched, read, its references followed
operation.py  one operation of it, and the HTTP call that it makes of given parameters
node.py       the node type
"""

from nodes.openapi.node import OpenApi

__all__ = ["OpenApi"]
