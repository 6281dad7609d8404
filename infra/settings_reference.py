"""The reference page of all settings, made from the code: `python -m infra.settings_reference > PAGE`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from infra.setting_group import Group
from infra.settings import GROUPS

HEAD = """# Settings

AgentOS reads its settings from the environment, and what is not there from a file `.env` in the working folder.
An empty value counts as unset. A value of the wrong kind ends every command with exit code 2 and one line that
says which setting, what was expected and what was found. Sizes are in bytes and times in seconds, as the names say.

This page is made from the code (`python -m infra.settings_reference`), and a test compares the two.
"""


def page() -> str:
    """Give the page as Markdown."""
    return "\n".join([HEAD, *(_section(name, group) for name, group in GROUPS.items())])


def _section(name: str, group: type[Group]) -> str:
    rows = "\n".join(_row(field) for field in group.model_fields.values())
    return f"## {name.capitalize()}\n\n{group.__doc__}\n\n| variable | default | meaning |\n|---|---|---|\n{rows}\n"


def _row(field: FieldInfo) -> str:
    return f"| `{field.validation_alias}` | {_default(field.default)} | {field.description} |"


def _default(value: Any) -> str:
    if value in (None, (), frozenset()) or (isinstance(value, Path) and value.is_absolute()):
        return ""
    return f"`{value}`"


if __name__ == "__main__":
    sys.stdout.write(page())
