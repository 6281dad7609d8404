"""Everything that is wrong with a document, at once, in the order of the text."""

from __future__ import annotations

from typing import Any

from engine.errors import Problem
from language.calls import Calls
from language.catalog import Catalog
from language.compiled import check_compiled
from language.data_schemas import check_data_schemas
from language.document import Document
from language.expressions import CheckExpressions, accept_expressions, check_expressions
from language.flow import check_cases, check_flow
from language.problems import Findings
from language.references import check_authorization, check_references, check_secrets, check_unique_secrets
from language.schedules import check_schedule
from language.schema import DSL_SCHEMA
from language.shape import Shape
from language.tools import check_tools
from language.tree import task_lists


def check(
    document: Document, catalog: Catalog, check_expression: CheckExpressions = accept_expressions
) -> list[Problem]:
    """Give every problem of a document, none when it can be published."""
    findings = Findings(document)
    shape = Shape(findings, loose=_is_loose(document.data))
    shape.visit(DSL_SCHEMA, document.data, ())
    lists = list(task_lists(document.data))
    check_flow(lists, findings)
    check_cases(lists, findings)
    check_references(shape.references, findings)
    check_unique_secrets(findings)
    check_secrets(shape.expressions, findings)
    check_authorization(shape.expressions, findings)
    Calls(catalog, findings).check(lists)
    check_tools(lists, catalog, findings)
    check_data_schemas(shape.schemas, findings)
    check_expressions(shape.expressions, findings, check_expression)
    check_schedule(findings)
    if not findings.found_any:
        check_compiled(findings, {expression.source for expression in shape.expressions}, check_expression)
    return findings.ordered()


def _is_loose(data: dict[str, Any]) -> bool:
    evaluate = data.get("evaluate")
    return isinstance(evaluate, dict) and evaluate.get("mode") == "loose"
