from __future__ import annotations

import pytest

from expressions.builtins import REFUSED
from expressions.check import check, check_all


@pytest.mark.parametrize(
    "source",
    [
        ".amount < 100",
        "$context.a + $input.b | $output, $secrets.c, $authorization.scheme, $task.name, $workflow.id, $runtime.name",
        "$item + $index, $error.detail",
        "def now: 1; now",
        "reduce .[] as {a: $x} (0; . + $x)",
        "def f($a; g): $a + g; f(1; 2)",
        "label $out | break $out",
        "$__loc__",
        'splits(","), ltrimstr("a"), getpath(["a"]), mktime, gmtime',
    ],
)
def test_what_jq_and_the_language_know_is_accepted(source: str) -> None:
    assert check(source) == []


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_refused_function_is_told_with_the_reason(name: str) -> None:
    function, _, count = name.partition("/")
    call = f"{function}({';'.join(['1'] * int(count))})" if int(count) else function
    (problem,) = check(f".a | {call}")
    assert problem.message.startswith(f"{function}")
    assert REFUSED[name] in problem.message
    assert (problem.line, problem.column) == (1, 6)


@pytest.mark.parametrize("source", ["$ENV", "$ENV.HOME", "$__prog_args", "{$ENV}", '"\\($ENV)"', "env.PATH", "[env]"])
def test_the_environment_is_out_of_reach(source: str) -> None:
    (problem,) = check(source)
    assert "environment" in problem.message


@pytest.mark.parametrize("source", ["$ENV as $x | 1", ". as $ENV | $ENV", ". as {$ENV} | 1", "def f($ENV): 1; f(1)"])
def test_a_variable_cannot_take_the_name_of_the_environment(source: str) -> None:
    assert check(source)


@pytest.mark.parametrize(
    ("source", "line", "column", "found", "expected"),
    [
        ("maap(.x)", 1, 1, "maap(_)", "`map(_)`"),
        ("map(.; .)", 1, 1, "map(_; _)", "`map(_)`"),
        (".a\n| $contxt.a", 2, 3, "$contxt", "`$context`"),
        (". as $x |\n $y", 2, 2, "$y", ""),
        ("label $f | break $g", 1, 12, "$g", ""),
        ("@base46", 1, 1, "@base46", "@base64"),
        ("_plus(1; 2)", 1, 1, "_plus(_; _)", ""),
        ("a::b", 1, 1, "a::b", ""),
        ("$pet.name", 1, 1, "$pet", ""),
    ],
)
def test_an_unknown_name_is_told_with_place_and_near_names(
    source: str, line: int, column: int, found: str, expected: str
) -> None:
    (problem,) = check(source)
    assert (problem.line, problem.column, problem.found) == (line, column, found)
    assert expected in problem.expected


def test_every_name_is_told_at_once() -> None:
    assert [problem.column for problem in check("env, foo, $bar, now")] == [1, 6, 11, 17]


def test_the_document_adds_names_of_its_own() -> None:
    assert check("$pet.name", {"pet"}) == []


def test_a_place_of_the_language_gives_fewer_variables() -> None:
    assert check("$context.a", variables={"workflow"})


def test_a_mistake_has_line_column_expected_and_found() -> None:
    (problem,) = check(".a |\n  .b ==\n")
    assert (problem.line, problem.column) == (3, 1)
    assert (problem.expected, problem.found) == ("an expression", "the end of the expression")


def test_jq_has_the_last_word() -> None:
    (problem,) = check("{(1): 2}")
    assert problem.message == "Cannot use number (1) as object key"


def test_jq_does_not_multiply_constant_strings_while_it_compiles() -> None:
    assert check('"a" * 1e9') == []
    assert check('("a" * 1e9) * 1e9 | length') == []


def test_many_expressions_are_checked_together_and_each_gets_its_own_problems() -> None:
    sources = [
        (".a", frozenset[str]()),
        ("{(1): 2}", frozenset[str]()),
        (".[", frozenset[str]()),
        ("$x", frozenset("x")),
    ]
    found = check_all(sources * 60)
    assert [len(problems) for problems in found] == [0, 1, 1, 0] * 60
