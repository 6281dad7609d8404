from __future__ import annotations

import jq

from expressions.builtins import ALLOWED, REFUSED


def test_every_built_in_of_jq_is_judged() -> None:
    known = set(jq.compile("builtins").input_value(None).first())
    assert known - {*ALLOWED, *REFUSED} == set(), "judge the new built-ins of jq: refuse them, or allow them"
    assert {*ALLOWED, *REFUSED} - known == set(), "jq does not have these any more"
