"""The language as this installation knows it: its node types and its expression language."""

from __future__ import annotations

from language.catalog import Catalog
from language.expressions import CheckExpressions
from nodes.registry import load_registry


def catalog() -> Catalog:
    """Give the registered node types."""
    return load_registry()


def expression_check() -> CheckExpressions:
    """Give the check of expressions: what jq, and we, refuse."""
    from expressions.check import check_all

    return check_all
