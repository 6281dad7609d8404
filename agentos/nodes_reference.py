"""The reference page of all node types, made from the code: `python -m agentos.nodes_reference > PAGE`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from nodes.registry import NodeType, Registry, load_registry

HEAD = """# Node types

What a workflow may `call` and `run`, besides what packages add ([write a node type](../../how-to/write-a-node.md)).
`agentos nodes` lists those of an installation, `agentos nodes show NAME` prints one with its JSON Schemas.

This page is made from the code (`python -m agentos.nodes_reference`), and a test compares the two.
"""
#: Types that share a page, and the page.
PAGES = {"script": "processes", "shell": "processes"}
#: Types that need no page of their own.
SMALL = {"echo", "log"}
UNAVAILABLE = "0.0.0"
MEMBERS_HEAD = "| `with` | type | default | meaning |\n|---|---|---|---|\n"


def page(registry: Registry) -> str:
    """Give the page as Markdown."""
    types = [registry.types[name] for name in registry.names()]
    there = [found for found in types if found.version != UNAVAILABLE]
    return "\n".join([HEAD, _table(there), _missing(types), *(_section(found) for found in there)])


def page_of(found: NodeType) -> str | None:
    """Give the name of the page of a node type, None if it has none of its own."""
    return None if found.name in SMALL else f"{PAGES.get(found.name, found.name)}.md"


def _table(types: list[NodeType]) -> str:
    rows = "\n".join(f"| {_linked(found)} | {found.version} | {_first_line(found)} |" for found in types)
    return f"| type | version | what it does |\n|---|---|---|\n{rows}\n"


def _missing(types: list[NodeType]) -> str:
    names = ", ".join(f"`{found.name}`" for found in types if found.version == UNAVAILABLE)
    return f"Of the standard, {names} are not available in this version: tasks that use them fault and say so.\n"


def _section(found: NodeType) -> str:
    members = "\n".join(_members(found.with_schema))
    table = (
        f"\n| `with` | type | default | meaning |\n|---|---|---|---|\n{members}\n" if members else "\nTakes anything.\n"
    )
    examples = "".join(f"\n```json\n{json.dumps(example, ensure_ascii=False)}\n```\n" for example in found.examples[:1])
    return f"## {found.name}\n\n{_first_line(found)}\n{table}{examples}"


def _members(schema: dict[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, part in schema.get("properties", {}).items():
        default = "required" if name in required else _default(part.get("default"))
        yield f"| `{name}` | {_type(part)} | {default} | {part.get('description', '').replace('|', '/')} |"


def _type(part: dict[str, Any]) -> str:
    if "anyOf" in part:
        return ", ".join(dict.fromkeys(kind for branch in part["anyOf"] if (kind := _type(branch)) != "null"))
    if "enum" in part or "const" in part:
        return ", ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    return "object" if "$ref" in part else str(part.get("type", "any"))


def _default(value: Any) -> str:
    return "" if value in (None, {}, [], "") else f"`{json.dumps(value)}`"


def _linked(found: NodeType) -> str:
    target = page_of(found)
    return f"`{found.name}`" if target is None else f"[`{found.name}`]({target})"


def _first_line(found: NodeType) -> str:
    return found.description.partition("\n")[0]


if __name__ == "__main__":
    sys.stdout.write(page(load_registry()))
