"""Past runs decided again, for the definition they followed and for others."""

from __future__ import annotations

from engine.rehearsing import Rehearsal, rehearse
from testkit import Fails, play
from testkit.play import definition_of, world_of

HEAD = "document: {dsl: '1.0.3', namespace: demo, name: main, version: '1.0.0'}\n"
BODY = """do:
  - ask: {call: echo, with: {n: '${ .n }'}}
  - route: {switch: [{small: {when: .n < 10, then: little}}, {else: {then: much}}]}
  - little: {set: {size: small}, then: end}
  - much: {set: {size: large}}
"""


def again(body: str, given: int = 5) -> Rehearsal:
    """Play the first definition, then decide its history again for another one."""
    played = play(HEAD + BODY, {"n": given}, {"ask": lambda arguments: arguments})
    return rehearse("run", played.journal.history("run"), world_of([definition_of(HEAD + body)]))


def test_the_same_definition_comes_to_the_same() -> None:
    assert again(BODY) == Rehearsal(run_id="run", verdict="identical", commits=2)


def test_a_changed_condition_routes_differently_and_says_where() -> None:
    found = again(BODY.replace(".n < 10", ".n < 3"))
    assert (found.verdict, found.event) == ("different", 7)
    assert "then little" in found.expected
    assert "then much" in found.found


def test_a_changed_condition_that_does_not_matter_comes_to_the_same() -> None:
    assert again(BODY.replace(".n < 10", ".n < 8")).verdict == "identical"


def test_what_a_task_is_given_is_compared_too() -> None:
    found = again(BODY.replace("{n: '${ .n }'}", "{n: '${ .n + 1 }'}"))
    assert (found.verdict, found.event) == ("different", 4)
    assert found.expected == 'TaskScheduled /do/0/ask with arguments {"n":5}'
    assert found.found == 'TaskScheduled /do/0/ask with arguments {"n":6}'


def test_a_task_that_is_gone_routes_differently() -> None:
    found = again(BODY.replace("  - ask: {call: echo, with: {n: '${ .n }'}}\n", ""))
    assert (found.verdict, found.event, found.expected) == ("different", 3, "TaskStarted /do/0/ask")


def test_a_definition_that_is_not_there_fails() -> None:
    played = play(HEAD + BODY, {"n": 5}, {"ask": Fails(status=503)})
    found = rehearse("run", played.journal.history("run"), world_of([]))
    assert (found.verdict, found.found) == (
        "failed",
        "CommandRejected: the definition demo/main/1.0.0 is not published",
    )
