"""Problems inside of texts are told where they stand in the document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.authoring import expression_check
from language.catalog import NoNodeTypes
from language.check import check
from language.document import read
from language.inside import place_inside
from tests.unit.language.documents import HEAD

#: The way a text is written; the bar before `oops` is where a jq error must point. It is taken out.
WAYS = [
    "'${ .a + |oops }'",
    "'${ \"it''s\" + |oops }'",
    '"${ .a + |oops }"',
    '"${ \\"\\u00e9\\x41\\U0001F600\\" + \\t|oops }"',
    '"${ .a\n          + |oops }"',
    '"${ .a + \\\n          |oops }"',
    "|\n          ${ .a +\n            |oops }",
    ">-\n          ${ .a +\n\n          |oops }",
    "| # a comment\n\n          ${ .a + |oops }",
    "${ .a\n          + |oops }",
    "!!str '${ .a + |oops }'",
    "&anchor ${ .a + |oops }",
    "  ${   |oops   }",
]


@pytest.mark.parametrize("way", WAYS)
def test_a_mistake_in_an_expression_is_told_where_it_stands(way: str) -> None:
    marked = f"{HEAD}do:\n  - a:\n      set:\n        x: {way}\n"
    before, _, after = marked.partition("|oops")

    (problem,) = check(read(before + "oops" + after), NoNodeTypes(), expression_check())

    assert (problem.line, problem.column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))
    assert problem.pointer == "/do/0/a/set/x"
    assert '"x": ' in problem.message
    assert "oops" in problem.message


def test_a_mistake_is_told_where_it_stands_in_json_and_without_braces() -> None:
    head = '{"document": {"dsl": "1.0.3", "namespace": "n", "name": "n", "version": "1.0.0"},\r\n "do": [{"a": '
    marked = head + '{"if": "\\"\\ud83d\\ude00\\" == \\n|oops",\r\n"set": {"x": 1}}}]}'
    before, _, after = marked.partition("|oops")

    (problem,) = check(read("\ufeff" + before + "oops" + after), NoNodeTypes(), expression_check())

    assert (problem.line, problem.column) == (2, len(before) - before.rfind("\n"))


def test_an_expression_that_ends_too_early_is_told_behind_its_end() -> None:
    text = f"{HEAD}do:\n  - a: {{if: '.a +', set: {{x: 1}}}}\n"

    (problem,) = check(read(text), NoNodeTypes(), expression_check())

    assert text.splitlines()[problem.line - 1][: problem.column - 1].endswith("'.a +")


@given(st.text(), st.data())
def test_any_text_gives_a_place(value: str, data: st.DataObject) -> None:
    written = data.draw(st.text())
    document = read(f"{HEAD}do: []\n")
    offset = data.draw(st.integers(0, len(value)))

    line, column = place_inside(written, document.place("/do"), value, offset)

    assert line >= 1
    assert column >= 1
