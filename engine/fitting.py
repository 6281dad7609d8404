"""Whether a run that follows one definition can follow another, and where its tasks are there.

A run needs of a definition the lists it is in the middle of, the tasks that are live in them, and the task that ended
last where none is live: the next one is found behind it. A task is found again by its name in the same list, so tasks
may come before it or go; a mapping says what it is called now. Its kind has to be the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.definition.model import Definition, ListenBody, Step
from engine.errors import CommandRejected
from engine.paths import ROOT, pointer
from engine.plain import plain
from engine.state import RunState, Scope, Task

_BRANCHES = "/fork/branches/"


@dataclass(slots=True, kw_only=True)
class Fit:
    """How a run fits a definition."""

    #: Places of tasks and lists that are elsewhere in the new definition: without marks of repetition, old to new.
    moves: dict[str, str] = field(default_factory=dict)
    #: One sentence for each thing that does not fit.
    conflicts: list[str] = field(default_factory=list)
    #: Live `listen` tasks whose filters are others now, and that took nothing yet: they begin to wait anew.
    reopened: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """`fits`, `fits after mapping`, or `conflicts`."""
        return "conflicts" if self.conflicts else "fits after mapping" if self.moves else "fits"


def check_fit(found: Fit, after: Definition) -> None:
    """Raise `CommandRejected` that names everything that does not fit."""
    if found.conflicts:
        reference = f"{after.namespace}/{after.name}:{after.version}"
        raise CommandRejected(f"the run does not fit {reference}: {'; '.join(found.conflicts)}")


def fit(state: RunState, before: Definition, after: Definition, mapping: Mapping[str, str]) -> Fit:
    """Compare a run that follows `before` with `after`."""
    return _Fitting(before=before, after=after, mapping=mapping).of(state)


@dataclass(slots=True, kw_only=True)
class _Fitting:
    before: Definition
    after: Definition
    mapping: Mapping[str, str]
    found: Fit = field(default_factory=Fit)
    #: New places by old ones; `None` where there is none.
    _places: dict[str, str | None] = field(default_factory=dict)

    def of(self, state: RunState) -> Fit:
        """Look at everything the run is in the middle of."""
        for task in (*state.tasks.values(), *state.wreck_tasks.values()):
            self._task(task)
        for scope in (*state.scopes.values(), *state.wreck_scopes.values()):
            self._scope(scope)
        unknown = [old for old in self.mapping if not self._is_old(old)]
        if unknown:
            self.found.conflicts.append(f"the mapping names {unknown[0]!r}, which the run's definition does not have")
        return self.found

    def _is_old(self, name: str) -> bool:
        return name in self.before.steps or any(name in (s.name, s.pointer) for s in self.before.steps.values())

    def _task(self, task: Task) -> None:
        if task.path == ROOT:
            return
        old = plain(task.path)
        new = self.place(old)
        if new is None:
            return
        was, now = self.before.steps[old], self.after.steps[new]
        if was.kind != now.kind:
            self._conflict(old, f"was a {was.kind} and is a {now.kind}")
        elif isinstance(was.body, ListenBody) and isinstance(now.body, ListenBody) and was.body != now.body:
            self._listen(task, old)

    def _listen(self, task: Task, old: str) -> None:
        if task.inbox or task.matched:
            self._conflict(old, "waits for other events now, and has taken some already")
        elif task.filters is not None:
            self.found.reopened.append(task.path)

    def _scope(self, scope: Scope) -> None:
        at = plain(scope.path)
        if self.place(at) is None:
            return
        for segment in dict.fromkeys((scope.last, *scope.passes)):
            if segment is None:
                continue
            is_needed = segment == scope.last and scope.active is None
            self.place(f"{at}/{segment}", is_needed=is_needed)

    def place(self, old: str, *, is_needed: bool = True) -> str | None:
        """Give the new place of a task or list; note a conflict if there is none and there has to be one."""
        if old not in self._places or (self._places[old] is None and is_needed):
            self._places[old] = self._found(old, is_needed=is_needed)
            new = self._places[old]
            if new is not None and new != old:
                self.found.moves[old] = new
        return self._places[old]

    def _found(self, old: str, *, is_needed: bool) -> str | None:
        if old == "/do":
            return old
        if old in self.before.steps:
            return self._step(old, is_needed=is_needed)
        return self._list(old, is_needed=is_needed)

    def _step(self, old: str, *, is_needed: bool) -> str | None:
        step = self.before.steps[old]
        at = old[: -len(step.segment) - 1]
        new_list = self.place(at, is_needed=is_needed)
        if new_list is None:
            return None
        tasks = self.after.lists[new_list]
        wanted = self._wanted(old, step)
        for candidate in tasks.steps:
            if wanted in (candidate.name, candidate.pointer, f"{new_list}/{candidate.segment}"):
                return f"{new_list}/{candidate.segment}"
        if is_needed:
            there = ", ".join(candidate.name for candidate in tasks.steps)
            self._conflict(old, f"is not there as {wanted!r} (the list has {there})")
        return None

    def _wanted(self, old: str, step: Step) -> str:
        return next((self.mapping[key] for key in (old, step.pointer, step.name) if key in self.mapping), step.name)

    def _list(self, old: str, *, is_needed: bool) -> str | None:
        owner = next((above for above in _above(old) if above in self.before.steps), None)
        if owner is None:
            return None
        new_owner = self.place(owner, is_needed=is_needed)
        if new_owner is None:
            return None
        new = new_owner + old[len(owner) :]
        if new not in self.after.lists:
            if is_needed:
                self._conflict(old, "is a list of tasks that is not there")
            return None
        if (
            _BRANCHES in old[len(owner) :]
            and self.before.lists[old].steps[0].name != self.after.lists[new].steps[0].name
        ):
            self._conflict(old, f"is another branch there, {self.after.lists[new].steps[0].name!r}")
            return None
        return new

    def _conflict(self, old: str, what: str) -> None:
        sentence = f"{pointer(old)} {what}"
        if sentence not in self.found.conflicts:
            self.found.conflicts.append(sentence)


def _above(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path
