"""What this installation gives to the channels of approvals: its people, and the key of its links."""

from __future__ import annotations

import hmac

from infra.people import read_people
from infra.settings import Settings, is_loopback
from nodes.desk import Contact, Desk

USUAL_PORT = 8400


def approval_desk(settings: Settings) -> Desk:
    """Give the desk of the settings. The API and the workers must come to the same key and address."""
    wanted = settings.approvals
    people = {
        name: Contact(email=person.email, slack=person.slack, groups=person.groups)
        for name, person in read_people(wanted.people).known.items()
    }
    return Desk(
        key=_key(settings),
        public_url=wanted.public_url or _own_address(settings),
        link_s=wanted.link_s,
        people=people,
        slack_signing_secret=signing.get_secret_value() if (signing := wanted.slack_signing_secret) else "",
    )


def _key(settings: Settings) -> bytes:
    if settings.approvals.link_key is not None:
        return settings.approvals.link_key.get_secret_value().encode()
    if settings.server.token is None:
        return b""
    return hmac.digest(settings.server.token.get_secret_value().encode(), b"agentos approval links", "sha256")


def _own_address(settings: Settings) -> str:
    """Give the address on this machine, which is of use to people at this machine only."""
    if not is_loopback(settings.server.host):
        return ""
    return f"http://127.0.0.1:{settings.server.port or USUAL_PORT}"
