"""Checks a document against the language's own schema and says what is wrong in an author's words.

This is an interpreter of the part of JSON Schema that `language.schema` uses, written for its messages: it knows that a
task has one kind, that a mapping has one key of a group, and that a value has one of several JSON types, so it follows
the branch that the author meant, where a general validator could only say that no branch fits. Tests hold it equal to
a general validator. On its way it collects every expression.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from language.keys import check_keys
from language.places import Path
from language.problems import Findings
from language.schema import DSL_SCHEMA
from language.texts import check_text, is_expression, unwrapped
from language.unions import branch_of, kind_of
from language.words import article, label, shown, types

Schema = dict[str, Any]
_DEFINITIONS: dict[str, Schema] = DSL_SCHEMA["$defs"]
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}

#: Where a text is a program without `${ }` around it.
_PROGRAMS = ("program", "transformation")
#: Formats of texts that may be expressions in loose mode.
_LOOSE = ("event-attribute",)


class Expression(NamedTuple):
    """A program in the document, without `${ }` around it."""

    path: Path
    source: str


class Reference(NamedTuple):
    """The name of something that must be defined in `use`."""

    path: Path
    kind: str
    name: str


class DataSchema(NamedTuple):
    """A JSON Schema that the author wrote for data."""

    path: Path
    schema: Any


@dataclass(slots=True)
class Shape:
    """One walk over a document, and what it found."""

    findings: Findings
    loose: bool = False
    expressions: list[Expression] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    schemas: list[DataSchema] = field(default_factory=list)

    def visit(self, schema: Schema, value: Any, path: Path) -> None:
        """Check a value and everything in it."""
        schema = resolved(schema)
        if "anyOf" in schema and "type" not in schema:
            self._visit_either(schema, value, path)
        elif "oneOf" in schema and "type" not in schema:
            self._visit_kind(schema, value, path)
        elif not has_type(schema, value):
            self._refuse_type(schema, value, path)
        elif schema.get("format") == "json-schema":
            self.schemas.append(DataSchema(path, value))
        elif "const" not in schema:
            self._visit_inside(schema, value, path)

    def _visit_inside(self, schema: Schema, value: Any, path: Path) -> None:
        if isinstance(value, dict):
            self._visit_mapping(schema, value, path)
        elif isinstance(value, list):
            self._visit_list(schema, value, path)
        elif isinstance(value, str):
            self._visit_text(schema, value, path)
        elif not isinstance(value, bool):
            self._check_number(schema, value, path)

    def _visit_either(self, schema: Schema, value: Any, path: Path) -> None:
        branches = [resolved(branch) for branch in schema["anyOf"]]
        takes_expression = any(branch is _DEFINITIONS["expression"] for branch in branches)
        if takes_expression and isinstance(value, str) and (self.loose or is_expression(value)):
            if is_expression(value):
                self.expressions.append(Expression(path, unwrapped(value)))
            return
        branch = branch_of([branch for branch in branches if branch is not _DEFINITIONS["expression"]], value)
        if branch is None:
            self._refuse_type(schema, value, path)
        else:
            self.visit(branch, value, path)

    def _visit_kind(self, schema: Schema, value: Any, path: Path) -> None:
        branch = kind_of(schema, value, path, self.findings)
        if branch is not None:
            self.visit(branch, value, path)

    def _visit_mapping(self, schema: Schema, value: dict[str, Any], path: Path) -> None:
        check_keys(schema, value, path, self.findings)
        if schema.get("x-expression") == "none":
            return
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", {})
        lone = len(value) == 1 or schema.get("maxProperties") != 1
        misplaced = not lone and next(iter(value.values()), None) is None
        for key, part in value.items():
            inside = properties.get(key, others)
            if isinstance(inside, dict) and (lone or (isinstance(part, dict) and not misplaced)):
                self.visit(inside, part, (*path, key))

    def _visit_list(self, schema: Schema, value: list[Any], path: Path) -> None:
        least = schema.get("minItems", 0)
        if len(value) < least:
            self.findings.at_value(
                path, f"{label(path)} is an empty list; write at least one item", expected="an item", found="none"
            )
        items = schema.get("items", {})
        for index, part in enumerate(value):
            self.visit(items, part, (*path, index))

    def _visit_text(self, schema: Schema, value: str, path: Path) -> None:
        use = schema.get("x-expression", "whole")
        if self.loose and not is_expression(value) and (use == "transformation" or schema.get("format") in _LOOSE):
            return
        if (use in _PROGRAMS and value) or (use == "whole" and "enum" not in schema and is_expression(value)):
            self.expressions.append(Expression(path, unwrapped(value)))
            if "format" not in schema:
                return
        if "x-refers" in schema and value:
            self.references.append(Reference(path, schema["x-refers"], value))
        check_text(schema, value, path, self.findings)

    def _check_number(self, schema: Schema, value: float | None, path: Path) -> None:
        if value is None:
            return
        low, high = schema.get("minimum"), schema.get("maximum")
        if (low is not None and value < low) or (high is not None and value > high):
            wanted = f"at least {low}" if high is None else f"from {low} to {high}"
            self.findings.at_value(
                path, f"{label(path)} must be {wanted}, not {value}", expected=wanted, found=shown(value)
            )

    def _refuse_type(self, schema: Schema, value: Any, path: Path) -> None:
        wanted = wish(schema)
        note = self.findings.at_key if value is None else self.findings.at_value
        if value is None:
            message = f"{label(path)} is empty; expected {wanted}"
        else:
            message = f"{label(path)} must be {wanted}, not {shown(value)}{_hint(schema, value)}"
        note(path, message, expected=wanted, found=shown(value))


def resolved(schema: Schema) -> Schema:
    """Follow references."""
    while "$ref" in schema:
        schema = _DEFINITIONS[schema["$ref"].removeprefix("#/$defs/")]
    return schema


def has_type(schema: Schema, value: Any) -> bool:
    """Whether the value has one of the JSON types that the schema names, if it names any."""
    names = schema.get("type")
    if names is None:
        return True
    for name in [names] if isinstance(names, str) else names:
        if isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool)):
            return True
        if name == "integer" and isinstance(value, float) and value.is_integer():
            return True
    return False


def wish(schema: Schema) -> str:
    """Say what a schema asks for."""
    schema = resolved(schema)
    if "title" in schema:
        return article(schema["title"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(wish(branch) for branch in schema["anyOf"]))
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    return types(schema["type"]) if "type" in schema else "a value"


def _hint(schema: Schema, value: Any) -> str:
    if schema.get("title") == "list of tasks" and isinstance(value, dict):
        return '; write each task as an item of a list: "- name: ..."'
    if schema.get("title") == "duration" and isinstance(value, int) and not isinstance(value, bool):
        return f'; write a unit: {{seconds: {value}}} or "PT{value}S"'
    if schema.get("type") == "string" and isinstance(value, int | float):
        return "; write it in quotes"
    return ""
