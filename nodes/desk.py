"""What an installation gives to its channels: who the people are, and links that only they can use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nodes.errors import fault
from nodes.links import Link, seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How channels reach a person."""

    email: str = ""
    slack: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """People and links. `key` signs links; without one there are none."""

    key: bytes = field(default=b"", repr=False)
    public_url: str = ""
    link_s: float = 7 * 86400
    people: Mapping[str, Contact] = field(default_factory=dict)
    #: Tells that a request comes from Slack.
    slack_signing_secret: str = field(default="", repr=False)

    def asked(self, assignees: Sequence[str], groups: Sequence[str]) -> list[str]:
        """Give the names of everybody who is asked, each once."""
        members = [name for name, contact in self.people.items() if set(contact.groups) & set(groups)]
        return list(dict.fromkeys([*assignees, *members]))

    def email_of(self, name: str) -> str | None:
        """Give a person's e-mail address; a name that is one is its own."""
        known = self.people[name].email if name in self.people else ""
        return known or (name if "@" in name else None)

    def by_slack(self, user_id: str) -> str | None:
        """Give the name of the person with this id in Slack."""
        return next((name for name, one in self.people.items() if one.slack and one.slack == user_id), None)

    def token(self, link: Link) -> str:
        """Give the signed text of a link. Raises a configuration `NodeError` without a key."""
        if not self.key:
            raise fault("configuration", "expected AGENTOS_LINK_KEY or AGENTOS_TOKEN to sign links with, found neither")
        return seal(link, self.key)

    def url(self, link: Link) -> str:
        """Give the address of the page a link leads to."""
        if not self.public_url:
            raise fault("configuration", "expected AGENTOS_PUBLIC_URL, the address of this API for people; found none")
        return f"{self.public_url.rstrip('/')}/decide/{self.token(link)}"
