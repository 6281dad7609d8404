"""Mistakes, and what the author is told about them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import Problem
from language.check import check
from language.document import read
from tests.unit.language.documents import ALL, HEAD, NodeTypes

#: Pairs of a task and the message about it.
TABLE = [
    tuple(line.strip() for line in pair.split("\n    "))
    for pair in Path(__file__).with_name("mistakes.txt").read_text().split("\n\n")[1:]
]


def problems(text: str) -> list[Problem]:
    return check(read(text), NodeTypes())


def told(task: str, use: str = "{}") -> list[str]:
    """Give the messages about one task called `a`."""
    return [problem.message for problem in problems(f"{HEAD}use: {use}\ndo:\n  - a: {task}\n")]


@pytest.mark.parametrize("name", ALL)
def test_a_good_document_has_no_problem(name: str) -> None:
    assert problems(ALL[name]) == []


@pytest.mark.parametrize(("task", "message"), TABLE)
def test_a_mistake_in_a_task_is_told_once_and_in_words(task: str, message: str) -> None:
    (said,) = told(task)
    assert said == message or (message.endswith("...") and said.startswith(message[:-3]))


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("do: []\n", 1, 1, 'the document lacks the key "document"; add it'),
        (HEAD, 1, 1, 'the document lacks the key "do"; add it'),
        (HEAD + "do: []\ntasks: []\n", 3, 1, 'unknown key "tasks"; the document knows do,'),
        (HEAD.replace("'1.0.3'", "'2.0.0'") + "do: []\n", 1, 17, '"dsl" ("2.0.0") is no version of the language that'),
        (
            HEAD.replace("'1.0.0'", "1.0") + "do: []\n",
            1,
            66,
            '"version" must be a semantic version, not a number 1.0; wr',
        ),
        (HEAD.replace("'1.0.0'", "v1") + "do: []\n", 1, 66, '"version" ("v1") is no semantic version; write three'),
        (
            HEAD.replace("shop", "my_shop") + "do: []\n",
            1,
            37,
            '"namespace" ("my_shop") may hold only letters, digits a',
        ),
        (HEAD + "do: []\nschedule: {}\n", 3, 11, '"schedule" is an empty mapping; write at least one key'),
        (HEAD + "do: []\nschedule: {cron: daily}\n", 3, 18, '"cron" ("daily") has 1 fields; write five fields'),
        (HEAD + "do: []\nschedule: {cron: '0 25 * * *'}\n", 3, 18, '"cron" ("0 25 * * *") has a bad hour: "25" is not'),
        (HEAD + "do: []\nevaluate: {language: js}\n", 3, 22, '"language" must be one of jq, not "js"'),
        (HEAD + "do: []\nuse: {secrets: [a, a]}\n", 3, 20, 'the secret "a" is listed twice; remove one'),
        (HEAD + "do: []\nuse: {functions: {http: {set: {x: 1}}}}\n", 3, 19, '"http" is a function of the standard'),
        (
            HEAD + "do:\n  - a:\n    set: {x: 1}\n",
            3,
            5,
            "a named task is a mapping with one key, its name; found 2 keys",
        ),
    ],
)
def test_a_mistake_has_its_place(text: str, line: int, column: int, message: str) -> None:
    (problem,) = problems(text)
    assert (problem.line, problem.column) == (line, column)
    assert problem.message.startswith(message)


def test_ten_mistakes_give_ten_problems_in_the_order_of_the_text() -> None:
    text = """\
document: {dsl: '1.0.3', namespace: shop, name: ten, version: one}
timeout: never
use:
  retries:
    r: {delay: soon}
do:
  - a: {call: http, with: {method: get, endpont: 'https://x'}}
  - b: {set: {x: 1}, then: c1}
  - b: {set: {x: 1}}
  - d: {raise: {error: none}}
  - e: {wait: {hours: many}}
  - f: {call: agent, with: {model: 1, prompt: abc}}
  - g: {do: [], run: {}}
"""
    found = problems(text)
    assert [problem.line for problem in found] == [1, 2, 5, 7, 8, 9, 10, 11, 12, 13]
    assert all(problem.column and problem.message and problem.pointer for problem in found)


def test_more_problems_than_the_limit_are_counted() -> None:
    found = problems(HEAD + "do:\n" + "".join(f"  - t{n}: {{wait: 1}}\n" for n in range(300)))
    assert len(found) == 201
    assert found[-1].message == "100 more problems are not listed; correct these first"


def test_loose_mode_takes_any_text_where_an_expression_may_stand() -> None:
    task = "do:\n  - a: {set: .x}\n  - b: {wait: .delay}\n"
    assert len(problems(HEAD + task)) == 2
    assert problems(HEAD + "evaluate: {mode: loose}\n" + task) == []


def test_expressions_fit_everywhere_in_the_arguments_of_a_node_type() -> None:
    assert told("{call: agent, with: {model: '${ .m }', prompt: '${ .p }', turns: '${ 1 }', tool: '${ .t }'}}") == []
    assert told("{call: agent, with: {model: small, prompt: abc, tool: {kind: '${ .k }', path: x}}}") == []
