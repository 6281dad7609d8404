"""A task while the rules work on it: its data, and the evaluation of its expressions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from engine.decide.faults import Fault, Parked, ParkedCheck, standard_error
from engine.decide.settling import Evaluable, settled
from engine.decide.transition import Transition
from engine.definition.model import CallBody, Step, Value
from engine.errors import EvaluateOutside, ExpressionFailed
from engine.instants import descriptor
from engine.ports import Variables
from engine.state import Scope, Task

RUNTIME = '{"name":"agentos","version":"1","metadata":{}}'

#: Results of a condition that count as false.
FALSY = frozenset({"false", "null"})


@dataclass(slots=True, kw_only=True)
class Visit:
    """One look at one task. `scope` is the list it is in, none for the workflow itself."""

    transition: Transition
    step: Step
    path: str
    scope: Scope | None
    raw_input: str
    input: str
    started_at_ms: int
    task: Task | None = None
    #: Raw output, then transformed output, as they come to be known.
    raw_output: str = "null"
    output: str = "null"

    def evaluate(self, slot: str, value: Value, data: str, own: dict[str, str] | None = None) -> str:
        """Give the JSON text of `value` on `data`. `own` are variables that hold here only.

        Raises `Fault` when the expression fails, `Parked` when it is evaluated outside and the answer is not there yet.
        """
        if value.constant is not None:
            return value.constant
        answer = self.task.answers.get(slot) if self.task is not None else None
        if answer is not None:
            return self._answered(answer)
        if value.loose is not None:
            value = settled(value, self.is_evaluable(own))
            if value.constant is not None:
                return value.constant
        source = value.source or "."
        if source == ".":
            return data
        evaluator = self.transition.world.ports.evaluator
        lookup = _Lookup(self, own)
        self.transition.work += len(data)
        try:
            return evaluator.evaluate(source, data, lookup)
        except EvaluateOutside:
            raise Parked(slot, source, evaluator.prepare(source, data, lookup)) from None
        except ExpressionFailed as failure:
            raise Fault(standard_error("expression", str(failure))) from failure

    def is_evaluable(self, own: dict[str, str] | None = None) -> Evaluable:
        """Give what tells whether a text is a program whose variables all are known here."""
        evaluator, lookup = self.transition.world.ports.evaluator, _Lookup(self, own)

        def evaluable(source: str) -> bool:
            names = evaluator.variables(source)
            return names is not None and all(map(lookup.knows, names))

        return evaluable

    def holds(self, slot: str, source: str, data: str, own: dict[str, str] | None = None) -> bool:
        """Tell whether the condition `source` is true on `data`."""
        return self.evaluate(slot, Value(source=source), data, own) not in FALSY

    def validate(self, what: str, schema: str | None, data: str) -> None:
        """Raise a validation `Fault` when `data` breaks the schema."""
        if schema is None:
            return
        violations = self.violations(f"{what}.schema", schema, data)
        if violations:
            raise Fault(standard_error("validation", f"{what}: {'; '.join(violations)}"))

    def violations(self, slot: str, schema: str, data: str) -> list[str]:
        """Give what of `data` breaks the schema. Raises `ParkedCheck` when that is seen outside, and not known yet."""
        answer = self.task.answers.get(slot) if self.task is not None else None
        try:
            validator = self.transition.world.ports.validator
            found: list[str] = json.loads(self._answered(answer)) if answer else validator.violations(schema, data)
            self.transition.work += 0 if answer else CHECK_WORK * len(data)
        except EvaluateOutside:
            raise ParkedCheck(slot, schema, data) from None
        return found

    def lookup_public(self) -> Variables:
        """Give the variables for an evaluation in a worker, where `$secrets` is filled in later."""
        return _Public(_Lookup(self, None))

    def _answered(self, answer: tuple[str | None, str | None]) -> str:
        value, error = answer
        if value is None:
            raise Fault(standard_error("expression", error or "the evaluation failed"))
        return value


#: How much more a character takes to be checked against a schema than to be evaluated.
CHECK_WORK = 30

#: Variables there are wherever an expression stands.
_ALWAYS = frozenset({"context", "input", "output", "workflow", "task", "runtime", "authorization"})


@dataclass(slots=True)
class _Lookup:
    """The variables of an expression, by name, made only when asked for."""

    visit: Visit
    own: dict[str, str] | None

    def __call__(self, name: str) -> str:
        text = self._text(name)
        self.visit.transition.work += len(text)
        return text

    def _text(self, name: str) -> str:
        if self.own and name in self.own:
            return self.own[name]
        visit, state = self.visit, self.visit.transition.state
        match name:
            case "context":
                return state.context
            case "input":
                return visit.input
            case "output":
                return visit.output
            case "workflow":
                return self._workflow()
            case "task":
                return self._task()
            case "runtime":
                return RUNTIME
            case "authorization":
                body = visit.step.body
                scheme = body.scheme if isinstance(body, CallBody) else None
                return "null" if scheme is None else f'{{"scheme":"{scheme}"}}'
            case "secrets":
                raise ExpressionFailed("$secrets is available in the arguments of `call` and `run` only")
        scope = visit.scope
        if scope is not None and scope.variables is not None:
            variables = variables_of(scope.variables)
            if name in variables:
                return variables[name]
        raise ExpressionFailed(f"the variable ${name} is not known here")

    def knows(self, name: str) -> bool:
        """Tell whether there is a variable of this name."""
        if name in _ALWAYS or (self.own is not None and name in self.own):
            return True
        scope = self.visit.scope
        return scope is not None and scope.variables is not None and name in variables_of(scope.variables)

    def _workflow(self) -> str:
        transition = self.visit.transition
        state = transition.state
        return (
            f'{{"id":{json.dumps(state.run_id)},"definition":{transition.definition.document},'
            f'"input":{state.input},"startedAt":{descriptor(state.started_at_ms)}}}'
        )

    def _task(self) -> str:
        """Give the descriptor, with the definition's properties; inside an extension, of the extended task."""
        visit, step = self.visit, self.visit.step
        if visit.scope is not None and "/extensions/" in visit.scope.path:
            extended = visit.transition.state.tasks[visit.scope.owner]
            step = visit.transition.step_at(extended.path)
        definition = step.definition
        more = "," + definition[1:-1] if definition.startswith("{") and len(definition) > 2 else ""
        return (
            f'{{"name":{json.dumps(step.name)},"reference":{json.dumps(step.pointer)},"definition":{definition},'
            f'"input":{visit.raw_input},"output":{visit.raw_output},'
            f'"startedAt":{descriptor(visit.started_at_ms)}{_without_clashes(more)}}}'
        )


#: What stands for variables that the worker fills in.
_HIDDEN = {"secrets": "{}", "authorization": "null"}


@dataclass(slots=True)
class _Public:
    """The same without secrets: their place stays empty."""

    lookup: _Lookup

    def __call__(self, name: str) -> str:
        return _HIDDEN.get(name) or self.lookup(name)


def _without_clashes(properties: str) -> str:
    """Give the definition's properties that stand beside the descriptor's own, such as `call` and `with`."""
    if not properties:
        return ""
    kept = {
        key: value
        for key, value in json.loads("{" + properties[1:] + "}").items()
        if key not in ("name", "reference", "definition", "input", "output", "startedAt")
    }
    return "," + json.dumps(kept, separators=(",", ":"), ensure_ascii=False)[1:-1] if kept else ""


#: Characters of a text whose parts are worth keeping: caches are bounded in memory by it, too.
KEPT_CHARACTERS = 4096


def variables_of(text: str) -> dict[str, str]:
    """Give the variables of a JSON object by name, each as JSON text."""
    return _variables_kept(text) if len(text) <= KEPT_CHARACTERS else _variables(text)


@lru_cache(maxsize=4096)
def _variables_kept(text: str) -> dict[str, str]:
    return _variables(text)


def _variables(text: str) -> dict[str, str]:
    return {
        name: json.dumps(value, separators=(",", ":"), ensure_ascii=False) for name, value in json.loads(text).items()
    }


@lru_cache(maxsize=32)
def items_of(array: str) -> tuple[str, ...]:
    """Give the items of a JSON array, each as JSON text."""
    return tuple(json.dumps(item, separators=(",", ":"), ensure_ascii=False) for item in json.loads(array))


def joined(items: list[str]) -> str:
    """Give JSON texts as one JSON array."""
    return f"[{','.join(items)}]"


def with_variables(outer: str | None, own: dict[str, str]) -> str:
    """Give the variables of a scope below one with `outer`: both, its own first in force."""
    merged = {**(variables_of(outer) if outer else {}), **own}
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in merged.items()) + "}"


def outer_variables(visit: Visit) -> str | None:
    """Give the variables in force around the task, which hold below it too."""
    return visit.scope.variables if visit.scope is not None else None
