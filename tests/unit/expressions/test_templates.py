from __future__ import annotations

import json

import jq
import pytest

from engine.templates import expression, is_expression, template


def built(value: object, data: object) -> object:
    source = template(value).source
    assert source is not None
    return jq.compile(source).input_value(data).first()


@pytest.mark.parametrize("text", ["${ .a }", "  ${.a}\n", "${ {a: 1} }", '${ "\\(.a)" }', "${}"])
def test_a_string_that_is_wholly_marked_is_an_expression(text: str) -> None:
    assert is_expression(text)


@pytest.mark.parametrize("text", ["", ".a", "a ${ .b }", "${ .a } b", "$ { .a }", "{ .a }", "${ .a"])
def test_any_other_string_is_plain_text(text: str) -> None:
    assert not is_expression(text)


def test_the_mark_is_stripped_and_optional() -> None:
    assert expression(" ${ .a | {b: .c} } ") == ".a | {b: .c}"
    assert expression(".amount < 100") == ".amount < 100"


def test_a_value_without_expressions_is_a_constant() -> None:
    made = template({"a": [1, "x ${ .b }", None], "é": True})
    assert made.source is None
    assert made.constant == '{"a":[1,"x ${ .b }",null],"é":true}'


def test_a_lone_expression_is_its_program() -> None:
    assert template("${ .a }").source == ".a"


def test_a_value_with_expressions_is_built_by_one_program() -> None:
    value = {"a": "${ .x }", "b": ["${ .y + 1 }", 2, {"c": "${ .x | length }"}], "d": "plain"}
    assert built(value, {"x": "abc", "y": 4}) == {"a": "abc", "b": [5, 2, {"c": 3}], "d": "plain"}


def test_each_inner_expression_gives_its_first_result_or_null() -> None:
    assert built({"a": "${ .[] }", "b": "${ empty }"}, [1, 2, 3]) == {"a": 1, "b": None}


def test_constants_with_quotes_backslashes_and_interpolation_marks_stay_what_they_are() -> None:
    plain = {'k"\\(1)': ["\\(env)", '"', "\\", "\u2028\n\x00", "${ a"], "n": [-1.5, 2**40, 1e-9]}
    value = {**plain, "x": "${ . }"}
    assert built(value, 1) == {**json.loads(json.dumps(plain)), "x": 1}


@pytest.mark.parametrize("comment", ["# all", "# continued \\"])
def test_a_comment_at_the_end_of_an_expression_ends_with_it(comment: str) -> None:
    assert built({"a": f"${{ .x {comment} }}", "b": 1}, {"x": 3}) == {"a": 3, "b": 1}


def test_a_number_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        template([float("nan")])
