from __future__ import annotations

import json
import time

import pytest

from engine.errors import InvalidDefinition
from language.document import plain, read
from language.places import Limits, Place
from tests.unit.language.documents import ALL


def fault(text: str, limits: Limits | None = None) -> tuple[int, int, str]:
    with pytest.raises(InvalidDefinition) as caught:
        read(text, limits)
    (problem,) = caught.value.problems
    return problem.line, problem.column, problem.message


def test_each_value_has_the_place_of_its_key_and_of_itself() -> None:
    document = read("a:\n  b~/c: 1\n  d: [x, {e: f}]\n")
    assert document.positions["/a/b~0~1c"] == Place(2, 9, 2, 3)
    assert document.positions["/a/d/0"] == Place(3, 7, 3, 7)
    assert document.positions["/a/d/1/e"] == Place(3, 14, 3, 11)


@pytest.mark.parametrize("name", ALL)
def test_json_reads_the_same_as_yaml(name: str) -> None:
    data = read(ALL[name]).data
    for indent in (None, 2):
        document = read(json.dumps(data, indent=indent))
        assert document.data == data
        assert document.place("/document/dsl").line == (1 if indent is None else 3)


def test_scalars_follow_the_core_schema_of_yaml_1_2() -> None:
    text = (
        "{on: yes, day: 2026-01-31, oct: 0o17, old: 017, hex: 0xff, f: 1e3, n: ~, t: True, v: 1.0.3, s: '1', m: 12:30}"
    )
    assert read(text).data == {
        "on": "yes",
        "day": "2026-01-31",
        "oct": 15,
        "old": 17,
        "hex": 255,
        "f": 1000.0,
        "n": None,
        "t": True,
        "v": "1.0.3",
        "s": "1",
        "m": "12:30",
    }


def test_keys_are_text() -> None:
    assert read("200: a\ntrue: b\n").data == {"200": "a", "true": "b"}


def test_a_key_written_twice_is_told_with_the_line_of_the_first_one() -> None:
    for text in ("a: 1\na: 2\n", '{"a": 1,\n "a": 2}'):
        (problem,) = read(text).problems
        assert (problem.line, problem.pointer) == (2, "/a")
        assert problem.message == 'the key "a" is written twice; the first one is on line 1: remove one'


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "the document is empty"),
        ("- a", 1, 1, "it must be a mapping"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document"),
        ("a: !mine 1", 1, 4, 'the tag "!mine" is not allowed'),
        ("a: !!python/object:os.system x", 1, 4, "is not allowed"),
        ("!!set {a}", 1, 1, "is not allowed"),
        ("a: *b", 1, 4, "refers to an anchor that is not defined above it"),
        ("a: &a [1, *a]", 1, 11, "stands inside of what it refers to"),
        ("? [a]\n: b", 1, 3, "a key must be plain text"),
        ("{~: a}", 1, 2, "a key is missing"),
        ("a: .inf", 1, 4, "no number that JSON knows"),
        ("a: 1e999", 1, 4, "too large for a number"),
        ("a: " + "9" * 500, 1, 4, "the limit is 400"),
        ("a: !!int x", 1, 4, "is no int"),
        ("a:\n\tb: 1", 2, 1, "indent with spaces, not tabs"),
        ("a: b: c", 1, 5, "put the whole value in quotes"),
        ('a: "b', 1, 6, "never closed"),
        ("a:\n  b: 1\n c: 2", 3, 2, "check the indentation"),
        ("a: \x07", 1, 4, "control character"),
        ('{"a": tru, ]', 1, 7, "expected a value"),
        ('{"a": 1 "b": 2}', 1, 9, 'expected "," or "}"'),
        ('{"a": "\\ud800"}', 1, 15, "half of a surrogate pair"),
        ("a: \ud800", 1, 1, "half of a surrogate pair"),
    ],
)
def test_broken_text_is_told_with_its_place(text: str, line: int, column: int, words: str) -> None:
    told = fault(text)
    assert told[:2] == (line, column)
    assert words in told[2]


def test_what_is_too_large_is_told_with_the_limit() -> None:
    limits = Limits(text_bytes=1000, depth=5, nodes=50)
    assert "the limit is 1000" in fault("a: " + "x" * 1000, limits)[2]
    assert "more than 5 levels deep" in fault("a: [[[[[[]]]]]]", limits)[2]
    assert "more than 5 levels deep" in fault('{"a": [[[[[[]]]]]]}', limits)[2]
    assert "more than 50 values" in fault("a: [" + "1," * 60 + "1]", limits)[2]


def test_depth_is_bounded_before_anything_recurses() -> None:
    assert "100 levels deep" in fault('{"a":' + "[" * 200_000)[2]
    assert "100 levels deep" in fault("a: " + "[" * 200_000)[2]


def test_aliases_are_values_of_their_own() -> None:
    document = read("a: &x {k: [1]}\nb: *x\nc: {d: *x}\n")
    assert document.data == {"a": {"k": [1]}, "b": {"k": [1]}, "c": {"d": {"k": [1]}}}
    assert document.data["a"] is not document.data["b"]
    assert document.positions["/c/d/k/0"] == document.positions["/a/k/0"]


def test_aliases_of_aliases_end_at_the_limit_at_once() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40))
    started = time.process_time()
    assert "aliases count as often as they are used" in fault(bomb)[2]
    assert time.process_time() - started < 2


def test_plain_shares_nothing_with_the_document() -> None:
    document = read("a: [1]\n")
    copied = plain(document)
    copied["a"].append(2)
    assert document.data == {"a": [1]}


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    assert read("\ufeffa: 1\r\nb:\r\n  - c\r\n").data == {"a": 1, "b": ["c"]}
    assert read('\ufeff{"a": 1}').data == {"a": 1}
