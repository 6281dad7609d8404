"""What is wrong with a document only as a whole, and with its schedule and limits."""

from __future__ import annotations

from agentos.authoring import catalog, expression_check
from engine.errors import Problem
from language.check import check
from language.document import read

HEAD = "document: {dsl: '1.0.3', namespace: shop, name: refund, version: '1.0.0'METADATA}\n"
TASK = "do: [{a: {set: {x: 1}}}]\n"


def problems(body: str, metadata: str = "") -> list[Problem]:
    head = HEAD.replace("METADATA", f", metadata: {metadata}" if metadata else "")
    return check(read(head + body), catalog(), expression_check())


def messages(body: str, metadata: str = "") -> list[str]:
    return [problem.message for problem in problems(body, metadata)]


def test_expressions_that_are_too_much_together_are_refused_where_their_task_is() -> None:
    fields = "".join(f"        k{n}: '${{ .a{n} + .b{n} }}'\n" for n in range(900))
    (problem,) = problems(f"do:\n  - fine: {{set: {{x: 1}}}}\n  - big:\n      set:\n{fields}")
    assert problem.message.startswith('"big" holds expressions that are too much together: expected at most 6000')
    assert (problem.line, problem.pointer) == (4, "/do/1/big")


def test_expressions_that_nest_too_deep_together_are_refused() -> None:
    nested = "[" * 60 + "'${ [[.x]] }'" + "]" * 60
    (message,) = messages(f"do: [{{a: {{set: {{x: {nested}}}}}}}]")
    assert "levels of nesting" in message


def test_a_function_that_calls_itself_is_told_with_its_place() -> None:
    (problem,) = problems("use: {functions: {f: {call: f}}}\ndo: [{a: {call: f}}]")
    assert (problem.line, problem.pointer) == (2, "/use/functions/f")


def test_a_concurrency_limit_is_checked_with_its_key() -> None:
    assert messages(TASK, "{concurrency: {limit: 2, key: .customer, policy: refuse}, team: {a: ['${ .x']}}") == []
    assert messages(TASK, "{concurrency: {limit: 2.0}}") == []
    (low,) = messages(TASK, "{concurrency: {limit: 0}}")
    assert low == '"limit" must be at least 1, not 0'
    assert messages(TASK, "{concurrency: {limit: 1, key: '.a['}}")[0].startswith('"key": expected `]`')
    assert messages(TASK, "{concurrency: {limit: 1, key: $context.x}}")[0].startswith('"key": there is no $context')
    assert "must be one of queue" in messages(TASK, "{concurrency: {limit: 1, policy: drop}}")[0]
    assert 'lacks the key "limit"' in messages(TASK, "{concurrency: {key: .a}}")[0]


def test_a_schedule_that_would_never_or_always_start_is_refused() -> None:
    assert "names no day that the calendar has" in messages("schedule: {cron: '0 0 30 2 *'}\n" + TASK)[0]
    assert "must be longer than nothing" in messages("schedule: {every: PT0S}\n" + TASK)[0]
    assert "write a constant" in messages("schedule: {every: {seconds: '${ 1 }'}}\n" + TASK)[0]
    assert messages("schedule: {after: PT0S}\n" + TASK) == []


def test_another_language_of_expressions_is_refused() -> None:
    (message,) = messages("evaluate: {language: javascript}\n" + TASK)
    assert message == '"language" must be one of jq, not "javascript"'


def test_loose_mode_takes_texts_and_still_refuses_marked_expressions_that_are_none() -> None:
    loose = "evaluate: {mode: loose}\n"
    assert messages(loose + "do: [{a: {set: {x: 'what ['}, output: {as: plain words}}}]") == []
    assert len(messages(loose + "do: [{a: {set: {x: '${ .a[ }'}}}]")) == 1
    assert len(messages(loose + "do: [{a: {if: plain words, set: {x: 1}}}]")) == 1
    assert len(messages("do: [{a: {set: {x: 1}, output: {as: plain words}}}]")) == 1


def test_patterns_of_events_are_checked() -> None:
    listen = "do: [{a: {listen: {to: {one: {with: {type: 'TYPE'}}}}}}]"
    assert messages(listen.replace("TYPE", "com[.]shop[.].*")) == []
    (message,) = messages(listen.replace("TYPE", "(?=x)"))
    assert "is no regular expression that can be used" in message
