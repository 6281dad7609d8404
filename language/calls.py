"""Each `call` names a function that exists, and gives a node type the arguments it asks for."""

from __future__ import annotations

import re
from typing import Any

from jsonschema.protocols import Validator

from language.catalog import Catalog
from language.json_schema import accepting_expressions
from language.places import Path
from language.problems import Findings
from language.references import defined
from language.schema.calls import ARGUMENTS
from language.sentences import sentences
from language.tree import TaskList
from language.words import quoted, shortened

URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
CATALOGUED = re.compile(r"(?P<name>[^:@\s]+):(?P<version>[^:@\s]+)@(?P<catalog>[^@\s]+)")
#: The catalog that every document may use: the registered node types.
DEFAULT_CATALOG = "default"


class Calls:
    """Checks the calls of one document."""

    def __init__(self, catalog: Catalog, findings: Findings) -> None:
        self._catalog = catalog
        self._findings = findings
        self._types = set(catalog.names())
        self._functions = set(defined(findings.document.data, "functions"))
        self._catalogs = set(defined(findings.document.data, "catalogs"))
        self._validators: dict[str, Validator | None] = {}

    def check(self, lists: list[TaskList]) -> None:
        """Check every call."""
        for name in self._functions & set(ARGUMENTS):
            path = ("use", "functions", name)
            self._findings.at_key(path, f'"{name}" is a function of the standard; choose another name')
        for tasks in lists:
            for named in tasks.tasks:
                function = named.task.get("call")
                if isinstance(function, str) and function and function not in ARGUMENTS:
                    self._check_call(function, named.task, named.path)

    def _check_call(self, function: str, task: dict[str, Any], path: Path) -> None:
        if function in self._functions or URI.fullmatch(function):
            return
        if function in self._types:
            self._check_arguments(function, task, path)
        elif match := CATALOGUED.fullmatch(function):
            self._check_catalogued(match["name"], match["catalog"], task, path)
        else:
            self._refuse(function, path)

    def _check_catalogued(self, name: str, catalog: str, task: dict[str, Any], path: Path) -> None:
        if catalog in self._catalogs:
            return
        if catalog != DEFAULT_CATALOG:
            hint = self._findings.suggestions.hint(catalog, [*self._catalogs, DEFAULT_CATALOG])
            message = f'there is no catalog "{shortened(catalog)}" in use.catalogs{hint or "; define it there"}'
            self._findings.at_value((*path, "call"), message, expected="a catalog of use.catalogs", found=catalog)
        elif name in self._types:
            self._check_arguments(name, task, path)
        else:
            self._refuse(name, path)

    def _refuse(self, function: str, path: Path) -> None:
        known = [*sorted(self._functions), *ARGUMENTS, *sorted(self._types)]
        hint = self._findings.suggestions.hint(function, known) or f"; known are {quoted(known[:20])}"
        message = f'there is no function or node type "{shortened(function)}"{hint}'
        self._findings.at_value((*path, "call"), message, expected="a function or node type", found=function)

    def _check_arguments(self, node_type: str, task: dict[str, Any], path: Path) -> None:
        validator = self._validator(node_type)
        arguments = task.get("with", {})
        if validator is None or not isinstance(arguments, dict):
            return
        at = (*path, "with") if "with" in task else (*path, "call")
        for inside, message, expected, found in sentences(validator, arguments, self._findings.suggestions, "with"):
            where = (*at, *inside) if "with" in task else at
            self._findings.at_value(where, message, expected=expected, found=found)

    def _validator(self, node_type: str) -> Validator | None:
        if node_type not in self._validators:
            schema = self._catalog.with_schema(node_type)
            self._validators[node_type] = None if schema is None else accepting_expressions(schema)
        return self._validators[node_type]
