"""The language as this installation knows it: its node types, its expression language, and the way to the outside."""

from __future__ import annotations

from collections.abc import Sequence

from infra.settings import load_settings
from language.catalog import Catalog
from language.expressions import CheckExpressions
from language.externals import Fetch, Fetched, Wanted
from language.resolving import Judge
from nodes.registry import load_registry


def catalog() -> Catalog:
    """Give the registered node types."""
    return load_registry(folder=load_settings().nodes.nodes_dir)


def expression_check() -> CheckExpressions:
    """Give the check of expressions: what jq, and we, refuse."""
    from expressions.check import check_all

    return check_all


def fetch_outside() -> Fetch:
    """Give what fetches the texts a document refers to. Settings are read when there is something to fetch."""

    def fetch(wanted: Sequence[Wanted], /) -> Sequence[Fetched | str]:
        from agentos.options import settings_for
        from agentos.resources import fetching

        return fetching(settings_for(None).nodes)(wanted)

    return fetch


def judge(fetch: Fetch | None) -> Judge:
    """Give what documents are checked with here; without `fetch`, nothing outside of them is looked at."""
    return Judge(catalog=catalog(), check_expressions=expression_check(), fetch=fetch)
