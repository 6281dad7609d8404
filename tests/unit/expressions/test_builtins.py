from __future__ import annotations

import re
from pathlib import Path

import jq

from expressions.bounds import Bounds
from expressions.builtins import ALLOWED, REFUSED, REFUSED_VARIABLES
from expressions.parser import parse


def test_every_built_in_of_jq_is_judged() -> None:
    known = set(jq.compile("builtins").input_value(None).first())
    assert known - {*ALLOWED, *REFUSED} == set(), "judge the new built-ins of jq: refuse them, or allow them"
    assert {*ALLOWED, *REFUSED} - known == set(), "jq does not have these any more"


def test_the_reference_names_every_function_and_where_it_is_evaluated() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/expressions.md").read_text(encoding="utf-8")
    named = {word for code in re.findall(r"`([^`\n]+)`", page) for word in re.findall(r"\$?[A-Za-z_]\w*", code)}
    refused = {name.partition("/")[0] for name in REFUSED} | {f"${name}" for name in REFUSED_VARIABLES}
    assert refused - named == set()
    outside = {name for name in ALLOWED if not is_evaluated_in_process(name)}
    assert {name.partition("/")[0] for name in outside} - named == set()


def is_evaluated_in_process(name: str) -> bool:
    function, _, count = name.partition("/")
    arguments = f"({'; '.join(['1'] * int(count))})" if int(count) else ""
    return Bounds(parse(function + arguments), budget_s=0.02).reason is None
