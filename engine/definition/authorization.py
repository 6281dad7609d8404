"""What is known of a call's authorization before it is made: its scheme. The rest is a secret of the worker's."""

from __future__ import annotations

from typing import Any

#: Schemes as they stand in the header `Authorization`, by the name of the authentication.
SCHEMES = {"basic": "Basic", "bearer": "Bearer", "digest": "Digest", "oauth2": "Bearer", "oidc": "Bearer"}

#: Where the arguments of the standard's calls say how to log in.
_PLACES = (("authentication",), ("endpoint", "authentication"), ("transport", "http", "endpoint", "authentication"))


def scheme_of(arguments: Any) -> str | None:
    """Give the scheme that a call's arguments say, `None` when they say none."""
    for place in _PLACES:
        found = arguments
        for key in place:
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, dict):
            return next((scheme for name, scheme in SCHEMES.items() if name in found), None)
    return None
