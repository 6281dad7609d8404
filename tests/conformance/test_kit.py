"""Every scenario of the conformance kit, on the real rules and the real node types."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentos.node_provisions import plain_yaml
from engine import events as e
from engine.paths import pointer
from testkit import Play
from tests.conformance.gherkin import Scenario, Step, scenarios
from tests.conformance.stage import Stage

SCENARIOS = scenarios(Path(__file__).parent / "ctk")
_QUOTED = re.compile(r"'([^']*)'")


@dataclass(slots=True)
class Trial:
    """One scenario under way."""

    stage: Stage
    definition: str = ""
    given: Any = None
    play: Play | None = None

    @property
    def played(self) -> Play:
        assert self.play is not None, "the scenario expects something before it runs the workflow"
        return self.play

    def started(self) -> list[str]:
        """Names of the tasks in the order in which they began. One that needs nothing from outside has one event."""
        begun = (e.TaskStarted, e.TaskSkipped, e.TaskCompleted)
        paths = dict.fromkeys(pointer(event.path) for event in self.played.events if isinstance(event, begun))
        return [path.rpartition("/")[2] for path in paths]


def define(trial: Trial, step: Step) -> None:
    trial.definition = step.block


def give(trial: Trial, step: Step) -> None:
    trial.given = plain_yaml(step.block)


def execute(trial: Trial, step: Step) -> None:
    del step
    trial.play = trial.stage.play(trial.definition, trial.given)


def completes(trial: Trial, step: Step) -> None:
    assert trial.played.status == "completed", trial.played.error
    if step.block:
        assert trial.played.output == plain_yaml(step.block)


def faults(trial: Trial, step: Step) -> None:
    assert trial.played.status == "faulted"
    wanted = plain_yaml(step.block) if step.block else {}
    assert {**trial.played.error, **wanted} == trial.played.error


def cancels(trial: Trial, step: Step) -> None:
    del step
    assert trial.played.status == "cancelled"


def has_properties(trial: Trial, step: Step) -> None:
    for path in _QUOTED.findall(step.text):
        property_of(trial.played.output, path)


def has_value(trial: Trial, step: Step) -> None:
    (path,) = _QUOTED.findall(step.text)
    assert property_of(trial.played.output, path) == plain_yaml(step.block)


def has_items(trial: Trial, step: Step) -> None:
    (path,) = _QUOTED.findall(step.text)
    count = re.search(r"containing (\d+) items", step.text)
    assert count is not None
    assert len(property_of(trial.played.output, path)) == int(count[1])


def runs_at(trial: Trial, step: Step) -> None:
    name, _, place = step.text.partition(" should run ")
    assert trial.started()[0 if place == "first" else -1] == name


def runs_beside(trial: Trial, step: Step) -> None:
    name, _, rest = step.text.partition(" should run ")
    where, _, other = rest.partition(" ")
    order = trial.started()
    first, second = (other, name) if where == "after" else (name, other)
    assert order.index(first) < order.index(second)


#: What each step does, by the form of its text; the first that fits counts.
STEPS: dict[str, Callable[[Trial, Step], None]] = {
    r"a workflow with definition:": define,
    r"the workflow input is:": give,
    r"the workflow is executed": execute,
    r"the workflow should complete(?: with output:)?": completes,
    r"the workflow should fault(?: with error:)?": faults,
    r"the workflow should cancel": cancels,
    r"the workflow output should have properties .*": has_properties,
    r"the workflow output should have a '[^']*' property with value:": has_value,
    r"the workflow output should have a '[^']*' property containing \d+ items": has_items,
    r"\S+ should run (?:first|last)": runs_at,
    r"\S+ should run (?:after|before) \S+": runs_beside,
}


def property_of(value: Any, path: str) -> Any:
    for name in path.split("."):
        assert name in value, f"expected {path}, found {sorted(value)}"
        value = value[name]
    return value


def test_the_kit_is_whole() -> None:
    assert (len(SCENARIOS), sum(len(scenario.steps) for scenario in SCENARIOS)) == (21, 103)
    unknown = {
        step.text
        for scenario in SCENARIOS
        for step in scenario.steps
        if not any(re.fullmatch(form, step.text) for form in STEPS)
    }
    assert not unknown


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_a_scenario_of_the_kit_holds(scenario: Scenario, stage: Stage) -> None:
    trial = Trial(stage)
    for step in scenario.steps:
        next(do for form, do in STEPS.items() if re.fullmatch(form, step.text))(trial, step)
    assert trial.play is not None
