"""From an author's text to a compiled definition, with every problem on the way."""

from __future__ import annotations

from collections.abc import Callable

from engine.definition.compile import compile_definition
from engine.definition.model import Definition
from engine.errors import InvalidDefinition
from language.catalog import Catalog
from language.check import check
from language.document import plain, read
from language.expressions import CheckExpressions
from language.tools import with_tool_schemas


def checker(catalog: Catalog, check_expressions: CheckExpressions) -> Callable[[str], Definition]:
    """Give the function that reads, checks and compiles a text, or raises `InvalidDefinition`."""

    def compiled(text: str) -> Definition:
        document = read(text)
        problems = check(document, catalog, check_expressions)
        if problems:
            raise InvalidDefinition(problems)
        return compile_definition(with_tool_schemas(plain(document), catalog))

    return compiled
