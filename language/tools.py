"""The tools of agents: what is wrong with them, and what the engine must know of the node types that they call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from engine.definition.agents import AGENT, mentions_arguments, name_of
from language.catalog import Catalog
from language.data_schemas import schema_faults
from language.json_schema import accepting_expressions
from language.places import Path
from language.problems import Findings
from language.references import defined
from language.sentences import sentences
from language.texts import is_expression
from language.tree import TaskList, task_lists
from language.words import label, quoted, shortened, shown

KINDS = ("node", "mcp", "workflow")
#: What only the rules can do and what is no work for a model.
NO_TOOLS = frozenset({"agent"})


#: Parts of a tool that are no expressions.
FIXED = ("node", "mcp", "workflow", "name", "description", "parameters", "policy", "onError", "allow")


def is_whole_expression(value: Any) -> bool:
    """Tell whether a part of a document is an expression."""
    return isinstance(value, str) and is_expression(value)


def check_tools(lists: list[TaskList], catalog: Catalog, findings: Findings) -> None:
    """Report what is wrong with the tools and schemas of each agent."""
    for path, arguments in _agents(lists, findings.document.data):
        _check_schema((*path, "output", "schema"), _at(arguments, "output", "schema"), findings)
        tools = arguments.get("tools")
        if tools is not None and not isinstance(tools, list):
            _refuse_expression((*path, "tools"), tools, findings)
        names: set[str] = set()
        for index, tool in enumerate(tools if isinstance(tools, list) else ()):
            if not isinstance(tool, dict):
                _refuse_expression((*path, "tools", index), tool, findings)
            else:
                _Check((*path, "tools", index), tool, catalog, findings).check(index, names)


def _agents(lists: list[TaskList], data: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the `with` of each agent, and where it is."""
    if AGENT in defined(data, "functions"):
        return
    for tasks in lists:
        for named in tasks.tasks:
            arguments = named.task.get("with")
            if named.task.get("call") == AGENT and isinstance(arguments, dict):
                yield (*named.path, "with"), arguments


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _check_schema(path: Path, schema: Any, findings: Findings) -> None:
    if isinstance(schema, dict):
        for inside, message in schema_faults(schema):
            findings.at_value((*path, *inside), message)


def _refuse_expression(path: Path, value: Any, findings: Findings) -> None:
    """Report a part that must be there when the document is published."""
    message = f"{label(path)} has to be written out: what an agent may call is known when it is published"
    findings.at_value(path, message, expected="no expression", found=shown(value))


class _Check:
    """The check of one tool."""

    def __init__(self, path: Path, tool: dict[str, Any], catalog: Catalog, findings: Findings) -> None:
        self._path, self._tool, self._catalog, self._findings = path, tool, catalog, findings

    def check(self, index: int, names: set[str]) -> None:
        """Report what is wrong; `names` are those of the tools before it."""
        kinds = [kind for kind in KINDS if kind in self._tool]
        if len(kinds) != 1:
            message = f"a tool is one of {quoted(KINDS)}; this one has {quoted(kinds) if kinds else 'none of them'}"
            self._findings.at_value(self._path, message, expected="one of node, mcp, workflow", found=str(kinds))
            return
        if self._has_expressions(kinds[0]):
            return
        _check_schema((*self._path, "parameters"), self._tool.get("parameters"), self._findings)
        self._check_name(index, names)
        if kinds[0] == "node":
            self._check_node(self._tool["node"])

    def _has_expressions(self, kind: str) -> bool:
        """Report parts that are expressions and must not be; tell whether the tool cannot be checked further."""
        found: list[Path] = [(name,) for name in FIXED if is_whole_expression(self._tool.get(name))]
        if is_whole_expression(_at(self._tool, "workflow", "name")) and "name" not in self._tool:
            found.append(("workflow", "name"))
        for inside in found:
            _refuse_expression((*self._path, *inside), _at(self._tool, *map(str, inside)), self._findings)
        return bool(found) or not isinstance(self._tool[kind], str if kind == "node" else dict)

    def _check_name(self, index: int, names: set[str]) -> None:
        name = name_of(index, self._tool)
        if name in names:
            message = f'two tools are called "{shortened(name)}"; give one of them another `name`'
            self._findings.at_value(self._path, message, expected="a name of its own", found=name)
        names.add(name)

    def _check_node(self, node: str) -> None:
        known = [name for name in self._catalog.names() if name not in NO_TOOLS]
        if node not in known:
            hint = self._findings.suggestions.hint(node, known) or f"; known are {quoted(sorted(known)[:20])}"
            message = f'there is no node type "{shortened(node)}" that can be a tool{hint}'
            self._findings.at_value((*self._path, "node"), message, expected="a node type", found=node)
            return
        fixed = self._tool.get("with") or {}
        if mentions_arguments(fixed) and "parameters" not in self._tool:
            message = (
                "the tool's `with` uses $arguments, so write `parameters`: the JSON Schema of what the model gives"
            )
            self._findings.at_key((*self._path, "with"), message, expected="parameters", found="none")
        schema = self._catalog.with_schema(node)
        if schema is None or not isinstance(fixed, dict):
            return
        partial = {key: part for key, part in schema.items() if key != "required"}
        for inside, message, expected, found in sentences(
            accepting_expressions(partial), fixed, self._findings.suggestions, "with"
        ):
            self._findings.at_value((*self._path, "with", *inside), message, expected=expected, found=found)


def with_tool_schemas(data: dict[str, Any], catalog: Catalog) -> dict[str, Any]:
    """Give the document with `parameters` and `description` in each tool that is a node and has none of its own.

    The published definition holds them, so the rules need no registry, and a node type that changes later changes no
    run.
    """
    lists = list(task_lists(data))
    if not any(True for _ in _agents(lists, data)):
        return data
    copied: dict[str, Any] = json.loads(json.dumps(data))
    for _, arguments in _agents(list(task_lists(copied)), copied):
        tools = arguments.get("tools")
        for tool in tools if isinstance(tools, list) else ():
            if isinstance(tool, dict) and isinstance(tool.get("node"), str):
                _describe(tool, catalog)
    return copied


def _describe(tool: dict[str, Any], catalog: Catalog) -> None:
    schema = catalog.with_schema(tool["node"])
    if schema is None:
        return
    tool.setdefault("description", catalog.description(tool["node"]))
    fixed = tool.get("with") or {}
    if isinstance(fixed, dict) and not mentions_arguments(fixed):
        tool.setdefault("parameters", _open_part(dict(schema), set(fixed)))


def _open_part(schema: dict[str, Any], fixed: set[str]) -> dict[str, Any]:
    """Give the schema of what the author left to the model, without definitions that it does not need."""
    properties = schema.get("properties", {})
    kept: dict[str, Any] = {
        "type": "object",
        "properties": {name: part for name, part in properties.items() if name not in fixed},
    }
    required = [name for name in schema.get("required", ()) if name not in fixed]
    if required:
        kept["required"] = required
    if "additionalProperties" in schema:
        kept["additionalProperties"] = schema["additionalProperties"]
    needed = _needed(kept, schema.get("$defs", {}))
    return kept | ({"$defs": needed} if needed else {})


def _needed(part: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Give the definitions that a schema refers to, and those that they refer to."""
    found: dict[str, Any] = {}
    waiting = [part]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            name = str(value.get("$ref", "")).removeprefix("#/$defs/")
            if name in definitions and name not in found:
                found[name] = definitions[name]
                waiting.append(definitions[name])
        if isinstance(value, dict | list):
            waiting.extend(value.values() if isinstance(value, dict) else value)
    return found
