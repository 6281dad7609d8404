"""The SQL of AgentOS: named queries from the files in `infra/sql/queries`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import LiteralString, cast

QUERIES = Path(__file__).parent / "sql" / "queries"

_HEADER = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def queries(file: str) -> dict[str, LiteralString]:
    """Give the queries of `infra/sql/queries/FILE.sql` by name. Each begins with a line `-- name: NAME`."""
    _, *parts = _HEADER.split((QUERIES / f"{file}.sql").read_text(encoding="utf-8"))
    return {name: cast("LiteralString", text.strip()) for name, text in zip(parts[::2], parts[1::2], strict=True)}
