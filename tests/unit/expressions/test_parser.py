from __future__ import annotations

from typing import Any

import jq
import pytest
from hypothesis import given, settings

from expressions.ast import Array, Binary, Comma, Data, Pipe
from expressions.errors import Mistake
from expressions.parser import MAX_CHAIN, MAX_LENGTH, parse
from expressions.printer import Style, printed
from tests.unit.expressions.programs import programs, values

DATA = ["null", '{"a":{"b":2,"c":1},"x":3,"k":"a"}', '[1,[2],{"a":1}]', '"abc"', "5"]

VALID = r"""
.
..
.a.b?.c
."a"."b"["c"]
.a.[0]
.[-1:]
.[:2]
.[1:][0]
.[]?
.["a","b"]?
.. == 1
-.a.b
1 -1
1 - 2 - 3
2 * 3 + 4 % 3 / 2
1 // 2 // 3
false // empty // 3
.a = 1 | .b += 2 | .c //= 3
.x |= . + 1
true and false or true
1 == 1, 2 != 3
1 as $x | 2 as $y | [$x, $y, $__loc__.line]
1, 2 as $x | 3, $x
. as [$a, {b: $c}] | [$a, $c]
. as {a: {$b}, $x, "k": $k, ("x"): $z, $a: {c: $d}} | [$b, $x, $k, $z, $a, $d]
. as [$a] ?// {x: $a} ?// $a | [$a]
if . then 1 end
if .a? then 1 elif .x? then 2 else 3 end
if . then 1 else 2 end | . + 1
try error("x") catch .
try .a.b.c // 2
(.a | error)?
reduce 1 + 2 as $x (0; . + $x)
reduce .[]? as [$a] (0; . + 1) | . * 2
foreach (1, 2, 3) as $x (0; . + $x)
foreach (1, 2, 3) as $x (0; . + $x; [$x, .])
def f: 1; def g(x): x + f; g(2)
def f($a; g): $a + g; f(1, 2; 10)
def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; 5 | fac
1, def f: 2; f
label $out | 1, break $out, 2
[label $f | range(10) | ., (select(. == 1) | break $f)]
"a\(1 + 2)b\("c\(3)")"
@base64 "x\(1)y", @json
@text, @uri "?q=\("a b")"
{a: 1, "b": 2, "c\(1)": 3, (4 | tostring): 5, @base64 "x": 6}
{if: 1, and: 2, reduce: 3, __loc__: 4}
{a, "x", $__loc__, k}
{"a\(1, 2)": 1}
"v" as $x | {$x, "y": $x}
"k" as $x | {$x: 1}
{a: 1 | 2, b: 3,}
{a: 1 + 2}
[.[]? | .a?, 1]
"a
b"
"é\u00e9\ud83d\ude00\n\"\\\/"
.a # a comment
1 # continued \
+ 2
+ 3
5. + .5 + 1e2 + 1.5E-1
limit(2; 1, 2, 3)
[1, 2][0], {a: 1}.a, "abc"[0:1]
try (1, error("x"), 2)
.k | ascii_downcase | test("A"; "i")
""".strip().split("\n")


def joined(lines: list[str]) -> list[str]:
    """Two programs above have several lines: put them together."""
    text = "\n".join(lines)
    several = ['"a\nb"', "1 # continued \\\n+ 2\n+ 3"]
    for program in several:
        text = text.replace(program, program.replace("\n", "\r"))
    return [line.replace("\r", "\n") for line in text.split("\n")]


def outcome(program: str, data: str) -> Any:
    try:
        return list(jq.compile(program).input_text(data))
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("program", joined(VALID))
def test_a_printed_program_does_what_its_source_does(program: str) -> None:
    for data in DATA:
        assert outcome(printed(parse(program)), data) == outcome(program, data)
        assert "compile error" not in str(outcome(program, data))


@given(programs(), values())
@settings(max_examples=150, deadline=None)
def test_any_printed_program_does_what_its_source_does(program: str, data: str) -> None:
    tree = parse(f"[1, 2] as $context | first(({program}), null)")
    expected = outcome(f"[1, 2] as $context | first(({program}), null)", data)
    assert outcome(printed(tree), data) == expected
    assert outcome(printed(tree, Style(bare=True)), data) == expected


@pytest.mark.parametrize(
    ("program", "at", "expected", "found"),
    [
        ("", 0, "an expression", "the end of the expression"),
        ("  # nothing", 11, "an expression", "the end of the expression"),
        (".a.", 3, 'a name, `"` or `[`', "the end of the expression"),
        (".a | ", 5, "an expression", "the end of the expression"),
        ("(1", 2, "`)`", "the end of the expression"),
        ("(1]", 2, "`)`", "`]`"),
        ("1)", 1, "the end of the expression", "`)`"),
        ("{a 1}", 3, "`,`", "`1`"),
        ("{1: 2}", 1, "a key", "`1`"),
        ("[1, 2,]", 6, "an expression", "`]`"),
        ("'a'", 0, "a jq expression", "`'`"),
        (".a == 1 == 2", 8, "parentheses", "`==`"),
        (".a = 1 = 2", 7, "parentheses", "`=`"),
        ("if . then 1", 11, "`end`", "the end of the expression"),
        (". as $x", 7, "`|`", "the end of the expression"),
        (". as x | 1", 5, "a pattern", "`x`"),
        ('"a', 2, "the end of the string", "the end of the expression"),
        ('"a\\x"', 2, "an escape", "`\\x`"),
        ('"\\ud83d"', 1, "an escape", "`\\ud83d`"),
        ('"\\(1', 4, "`)`", "the end of the expression"),
        (".a?//1", 2, "the end of the expression", "`?//`"),
        ("reduce .[] as $x (1)", 19, "`;`", "`)`"),
        ("$ x", 0, "an expression", "`$`"),
        ('import "a" as a; 1', 0, "an expression", "`import`"),
        (".a\0", 2, "text", "U+0000"),
        ("1 2", 2, "the end of the expression", "`2`"),
        ("a b", 2, "the end of the expression", "`b`"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(
    program: str, at: int, expected: str, found: str
) -> None:
    with pytest.raises(Mistake) as mistake:
        parse(program)
    assert mistake.value.at == at
    assert expected in mistake.value.expected
    assert found in mistake.value.found


@pytest.mark.parametrize(
    "program",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "[" * 5000,
        "-" * 5000 + "1",
        ". as $x | " * 5000 + "1",
        "1" + "+1" * 5000,
        "." + ".a" * 5000,
        "try " * 5000 + "1",
        "if 1 then " * 3000 + "1",
        '"\\(' * 3000 + "1",
        "1" + "//1" * 5000,
        "def f: " * 5000 + "1",
        "." + "?" * 5000,
        "(" * 45 + ("1" + "+1" * 90 + ")") * 45,
        '"' + "\\(.a)" * 500 + '"',
        "[" + ".a," * 10_000 + "1]",
        ".a|" * 10_000 + ".",
        "if 1 then 1 " + "elif 1 then 1 " * 3000 + "end",
        "{" + "a:.b," * 10_000 + "}",
    ],
)
def test_a_program_without_measure_is_refused_and_not_a_crash(program: str) -> None:
    with pytest.raises(Mistake):
        parse(program)


def test_a_long_program_is_refused_by_its_length() -> None:
    with pytest.raises(Mistake, match=str(MAX_LENGTH)):
        parse("1" * (MAX_LENGTH + 1))


def test_a_chain_of_common_length_is_no_problem() -> None:
    assert isinstance(parse("+".join(["1"] * MAX_CHAIN)), Binary)
    assert isinstance(parse(" | ".join(["."] * 1000)), Pipe)
    assert isinstance(parse(", ".join(["."] * 1000)), Comma)
    assert isinstance(parse("[" * 40 + "." + "]" * 40), Array)


@pytest.mark.parametrize(
    "program", ["[]", "{}", '[1,-2,[null,{"a":"\\u00e9\\"","b c":[true]}]]', "{a: {b: [1.50, 1e3]}}"]
)
def test_a_constant_is_one_node_and_stays_what_it_is(program: str) -> None:
    tree = parse(program)
    assert isinstance(tree, Data)
    assert outcome(printed(tree), "null") == outcome(program, "null")


@pytest.mark.parametrize(
    "program", ["[.]", "[1, $__loc__]", '{a: "\\(1)"}', '{"\\(1)": 1}', "{(1): 1}", '{"a"}', "[@json]"]
)
def test_what_is_not_constant_is_not_folded(program: str) -> None:
    assert not isinstance(parse(program), Data)
