"""`call: http`, and the guarded HTTP client that every node of a process shares.

addresses.py       which addresses may be reached
network.py         resolve once, check every address, connect to the checked one
pool.py            connections kept for the next request
sockets.py         TCP and TLS on asyncio
client.py          the guarded client made of these
arguments.py       what `with` may hold
authentication.py  how a request shows who sends it
tokens.py          access tokens: OAuth2 and OpenID Connect
exchange.py        one call: redirects, caps on size and time
outcome.py         what a response means: output or error
node.py            the node type
"""

from nodes.http.node import Http

__all__ = ["Http"]
