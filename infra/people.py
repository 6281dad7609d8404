"""Who the people are that workflows ask: how channels reach them, and the groups they are in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from infra.errors import InvalidSettings


class Person(BaseModel):
    """One person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: str = ""
    #: The person's id in Slack, such as `U012AB3CD`.
    slack: str = ""
    groups: tuple[str, ...] = ()


_PEOPLE = TypeAdapter(dict[str, Person])


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who is known, by name. A name that is an e-mail address needs no entry to be reached by e-mail."""

    known: Mapping[str, Person] = field(default_factory=dict)

    def groups_of(self, name: str) -> tuple[str, ...]:
        """Give the groups a person is in."""
        return self.known[name].groups if name in self.known else ()

    def asked(self, assignees: list[str], groups: list[str]) -> list[str]:
        """Give the names of everybody who is asked, each once, in order."""
        members = [name for name, person in self.known.items() if set(person.groups) & set(groups)]
        return list(dict.fromkeys([*assignees, *members]))

    def email_of(self, name: str) -> str | None:
        """Give a person's e-mail address, if one is known."""
        found = self.known[name].email if name in self.known else ""
        return found or (name if "@" in name else None)

    def by_slack(self, user_id: str) -> str | None:
        """Give the name of the person with this id in Slack."""
        return next((name for name, person in self.known.items() if person.slack and person.slack == user_id), None)


def read_people(text: str | None) -> People:
    """Give the people that JSON text, or the JSON file at that path, names. Raises `InvalidSettings`."""
    if text is None:
        return People()
    try:
        found: Any = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text(encoding="utf-8"))
        return People(_PEOPLE.validate_python(found))
    except OSError as error:
        raise InvalidSettings(f"AGENTOS_PEOPLE: expected JSON or the path of a JSON file, found {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InvalidSettings(f"AGENTOS_PEOPLE: {place}: {first['msg']}") from None
    except ValueError as error:
        raise InvalidSettings(f"AGENTOS_PEOPLE: expected JSON, found {error}") from None
