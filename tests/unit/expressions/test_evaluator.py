from __future__ import annotations

import json
from contextlib import suppress

import pytest

from engine.errors import EvaluateOutside, ExpressionFailed
from engine.ports import Evaluator
from engine.templates import template
from expressions.evaluator import JqEvaluator
from expressions.limits import Limits

EVALUATOR = JqEvaluator()
VARIABLES = {"context": '{"a":3,"items":[{"price":11},{"price":2}]}', "input": '{"x":1}', "secrets": '{"key":"hush"}'}
ORDER = '{"amount":5,"items":[{"name":"a","qty":2,"price":3.5},{"name":"b","qty":1,"price":4}],"tags":["x","y"]}'


def evaluate(source: str, data: str = "null", limits: Limits | None = None) -> str:
    evaluator: Evaluator = JqEvaluator(limits) if limits else EVALUATOR
    return evaluator.evaluate(source, data, VARIABLES.__getitem__)


def failure(source: str, data: str = "null", limits: Limits | None = None) -> str:
    with pytest.raises(ExpressionFailed) as failed:
        evaluate(source, data, limits)
    return str(failed.value)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (".", ORDER),
        (".amount < 100", "true"),
        (".amount * 2", "10"),
        ('"Refund of \\(.amount) EUR"', '"Refund of 5 EUR"'),
        (".items | map(.qty * .price) | add", "11"),
        ("[.items[] | select(.price > $context.a) | .name]", '["a","b"]'),
        (".items | group_by(.qty) | map({qty: .[0].qty, count: length})", '[{"qty":1,"count":1},{"qty":2,"count":1}]'),
        (".items | sort_by(.price) | reverse | .[0].name", '"b"'),
        ("{tags} + {amount: .amount}", '{"tags":["x","y"],"amount":5}'),
        ("$context * {b: .amount} | .b", "5"),
        ('.tags | join(", ")', '"x, y"'),
        ('.missing // "none"', '"none"'),
        ("del(.items, .tags)", '{"amount":5}'),
        (".items |= map(.name)", '{"amount":5,"items":["a","b"],"tags":["x","y"]}'),
        (".amount += 1 | .amount", "6"),
        ('.tags - ["x"]', '["y"]'),
        ("first(.items[] | select(.qty == 1)).name", '"b"'),
        ("any(.items[]; .qty > 1)", "true"),
        ('.tags | IN(["x","y"])', "true"),
        ("to_entries | map(.key)", '["amount","items","tags"]'),
        ('with_entries(select(.key == "amount"))', '{"amount":5}'),
        (".amount as $n | {$n}", '{"n":5}'),
        ('try error("x") catch .', '"x"'),
        ("[range(3)]", "[0,1,2]"),
        ("1752000000 | todate", '"2025-07-08T18:40:00Z"'),
        ("$input.x + $context.a", "4"),
    ],
)
def test_a_bounded_expression_gives_its_first_result_as_compact_json(source: str, expected: str) -> None:
    assert evaluate(source, ORDER) == expected


@pytest.mark.parametrize("source", ["empty", ".items[] | select(false)", "null", "nan", ".[]? | empty"])
def test_no_result_is_null(source: str) -> None:
    assert evaluate(source, ORDER) == "null"


def test_only_the_first_result_counts() -> None:
    assert evaluate('1, 2, error("late")') == "1"


def test_numbers_keep_the_digits_of_the_data() -> None:
    numbers = "[100000000000000000000000001,1.10,0.1,-0,3.14159265358979323846]"
    assert evaluate(".", numbers) == numbers


def test_text_stays_what_it_is() -> None:
    text = json.dumps('é😀\u2028"\\\u0001', ensure_ascii=False)
    assert evaluate("[.][0]", text) == text


def test_keys_keep_their_order() -> None:
    assert evaluate("{z: 1} + ., .", '{"b":1,"a":2}') == '{"z":1,"b":1,"a":2}'


def test_a_template_is_one_evaluation() -> None:
    source = template({"id": "${ .amount }", "first": "${ .tags[] }", "none": "${ empty }", "plain": [1]}).source
    assert source is not None
    assert json.loads(evaluate(source, ORDER)) == {"id": 5, "first": "x", "none": None, "plain": [1]}


def test_a_failed_template_names_the_expression_and_its_place_in_the_value() -> None:
    source = template({"ok": "${ .amount }", "deep": [{"a/b": "${ .tags |\n .x.y }"}]}).source
    assert source is not None
    message = failure(source, ORDER)
    assert message.startswith("/deep/0/a~1b: `.tags |\n .x.y` failed at 2:2: Cannot index array with string")


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (".amount | .a", "1:11"),
        ("1 + (.tags | .x)", "1:14"),
        (".amount as $x |\n{a: $x, b: (.tags.y)}", "2:13"),
        ("$context | [.a.b]", "1:13"),
        ('error("stop")', "1:1"),
    ],
)
def test_a_failure_names_the_innermost_part_that_failed(source: str, place: str) -> None:
    assert f"failed at {place}: " in failure(source, ORDER)


def test_a_failure_has_the_reason_and_an_excerpt_of_the_input() -> None:
    message = failure(".a.b", json.dumps({"a": "x" * 1000}))
    assert 'Cannot index string with string ("b")' in message
    assert f'input: {{"a": "{"x" * 192}…' in message
    assert len(message) < 500


def test_secrets_are_not_in_the_message_of_a_failure() -> None:
    message = failure("$secrets.key | tonumber", "{}")
    assert "hush" not in message
    assert "hush" not in failure("$secrets | .key.x")


def test_an_error_may_be_any_value() -> None:
    assert '{"a":1}' in failure("error({a: 1})")
    assert failure("error(null)")
    deep = "[" * 5000 + "]" * 5000
    assert "failed at 1:1: [[[" in failure("error", deep, Limits(in_process_budget_s=60.0))


def test_a_refused_expression_is_not_evaluated() -> None:
    assert "`env.HOME` is refused at 1:1: env is not available" in failure("env.HOME")
    assert "refused at 1:3" in failure(".[")


@pytest.mark.parametrize(
    "source",
    [
        "def f: f; f",
        "reduce .[] as $x (0; . + $x)",
        "foreach .[] as $x (0; . + $x)",
        "..",
        "recurse",
        "[paths]",
        "walk(.)",
        "range(.n)",
        "until(. > 100; . + 1)",
        'test("a")',
        'sub("a"; "b")',
        '"a" * .n',
        "(.a * .b)?",
        ".[1000000000] = 1",
        ".[.n] = 1",
        "setpath([.n]; 1)",
        "implode",
        "combinations",
        ". as [$a] ?// $a | $a",
        "|".join([".[] += ."] * 10),
        "|".join(["[., .]"] * 20),
        "|".join([". + ."] * 20),
        "|".join([". as $x | [$x, $x]"] * 20),
        "|".join(["tojson"] * 10),
        "[.[] | range(1000000000)]",
        "[.[], .[]] | [.[] as $a | .[] as $b | .[] as $c | .[] as $d | 1]",
        '"\\(.)\\(.)" | "\\(.)\\(.)" | "\\(.)\\(.)" | "\\(.)\\(.)" | "\\(.)\\(.)" | "\\(.)\\(.)" | "\\(.)\\(.)"',
    ],
)
def test_what_is_not_bounded_is_evaluated_outside(source: str) -> None:
    data = json.dumps({"n": 1, "a": list(range(200)), "b": 2})
    with pytest.raises(EvaluateOutside):
        evaluate(source, data)


@pytest.mark.parametrize(
    ("source", "data"),
    [
        (".a * .b", '{"a":"x","b":1000000000}'),
        (".a * .b", '{"a":1000000000,"b":"x"}'),
        ("map(.a * .b)", '[{"a":1,"b":2},{"a":1000000000,"b":"x"}]'),
        ("(.a * .b) // 1", '{"a":"x","b":3}'),
        ("first(.a * .b)", '{"a":"x","b":3}'),
        ("any(.a * .b; .)", '{"a":"x","b":3}'),
        ('{c: 1} | .c |= 1 | "x" as $x | $x * .c', "null"),
    ],
)
def test_a_guarded_operator_gives_up_before_it_repeats_a_string(source: str, data: str) -> None:
    with pytest.raises(EvaluateOutside):
        evaluate(source, data)


def test_the_same_expression_runs_in_process_on_small_data_and_outside_on_large() -> None:
    source = "[.[] as $x | .[] as $y | $x + $y] | length"
    assert evaluate(source, json.dumps([1] * 10)) == "100"
    with pytest.raises(EvaluateOutside):
        evaluate(source, json.dumps([1] * 1000))


def test_a_result_above_a_limit_fails_with_the_limit() -> None:
    assert "limit of 20" in failure("[., .]", '"aaaaaaaaaaaa"', Limits(output_bytes=20))
    assert "limit of 3 levels" in failure("[[.]]", "[[]]", Limits(depth=3))
    assert evaluate("[[.]]", '["[[[[[[["]', Limits(depth=3)) == '[[["[[[[[[["]]]'


def test_an_input_above_the_limit_fails_with_the_limit() -> None:
    assert "limit of 5" in failure(".", '"aaaaaaaaaaaa"', Limits(input_bytes=5))


@pytest.mark.parametrize("depth", [10_001, 200_000])
def test_data_that_nests_too_deep_for_jq_fails_and_does_not_crash(depth: int) -> None:
    generous = Limits(in_process_budget_s=60.0)
    assert "depth limit" in failure(".", "[" * depth + "]" * depth, generous)


@pytest.mark.parametrize(
    "source", [". == .", ". < [.]", "tojson | fromjson", "flatten", "[.] | sort", "contains(.)", "@json"]
)
def test_data_as_deep_as_jq_takes_it_does_not_crash(source: str) -> None:
    data = "[" * 9_990 + "]" * 9_990
    generous = Limits(in_process_budget_s=60.0)
    with suppress(ExpressionFailed):
        assert evaluate(source, data, generous)


def test_prepared_text_holds_the_data_and_the_variables_that_are_used() -> None:
    prepared = EVALUATOR.prepare("$input.x + $context.a", "7", VARIABLES.__getitem__)
    assert json.loads(prepared) == [7, {"x": 1}, json.loads(VARIABLES["context"])]
    assert EVALUATOR.prepare(".a", "7", VARIABLES.__getitem__) == "7"


def test_a_variable_of_any_name_is_asked_for() -> None:
    assert JqEvaluator().evaluate("$pet.name", "null", {"pet": '{"name":"Rex"}'}.__getitem__) == '"Rex"'


def test_a_table_in_a_template_is_one_constant() -> None:
    table = [{"id": number, "name": f"n{number}", "price": -number / 4} for number in range(1000)]
    source = template({"table": table, "found": "${ .amount }"}).source
    assert source is not None
    assert json.loads(evaluate(source, ORDER)) == {"table": table, "found": 5}


def test_a_large_program_is_evaluated_outside() -> None:
    with pytest.raises(EvaluateOutside):
        evaluate("[" + ",".join(f".a{number} + 1" for number in range(500)) + "]", "{}")


def test_a_refusal_is_found_once() -> None:
    source = "[" + ",".join([".a"] * 15_000) + "]"
    messages = {failure(source) for _ in range(100)}
    assert len(messages) == 1
