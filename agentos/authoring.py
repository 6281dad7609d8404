"""The language as this installation knows it: its node types and its expression language."""

from __future__ import annotations

from collections.abc import Sequence

from language.catalog import Catalog
from language.expressions import Asked, CheckExpressions
from nodes.registry import load_registry


def catalog() -> Catalog:
    """Give the registered node types."""
    return load_registry()


def expression_check() -> CheckExpressions:
    """Give the check of expressions: what jq, and we, refuse."""
    from expressions.check import check_all

    def faults(asked: Sequence[Asked], /) -> Sequence[Sequence[str]]:
        return [[problem.message for problem in problems] for problems in check_all(asked)]

    return faults
