"""From a checked document to a `Definition`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.definition.agent_model import AgentBody
from engine.definition.bodies import body_of, lists_of
from engine.definition.durations import duration_of
from engine.definition.loose import as_written, loosened
from engine.definition.model import Definition, DoBody, Gate, Step, TaskList, Value
from engine.definition.values import program_of, text_of, transformation_of, value_of
from engine.errors import InvalidDefinition, Problem
from engine.paths import escape, pointer

#: Kinds of tasks by the key that tells them, in the order they are looked for.
KIND_KEYS = ("call", "do", "emit", "for", "fork", "listen", "raise", "run", "set", "switch", "try", "wait")

_EXTENDS = {"composite": ("do", "fork")}


@dataclass(slots=True)
class Compiler:
    """Collects the lists and steps of one document while it walks through it."""

    use: dict[str, Any]
    #: Gives a part in which expressions may stand as the document's mode has it read.
    read: Callable[[Any], Any] = as_written
    lists: dict[str, TaskList] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    #: Functions being compiled, to notice one that calls itself.
    inside: tuple[str, ...] = ()

    def add_list(self, at: str, items: list[dict[str, Any]], extended: tuple[int, ...] = ()) -> None:
        """Compile the list `items`, found at the pointer `at`."""
        steps = []
        for index, item in enumerate(items):
            ((name, task),) = item.items()
            steps.append(self.step(at, f"{index}/{escape(name)}", (name, task), extended))
        self.lists[at] = TaskList(
            pointer=at, steps=tuple(steps), index_by_name={step.name: i for i, step in enumerate(steps)}
        )

    def add_single(self, at: str, name: str, task: dict[str, Any]) -> None:
        """Compile one task as a list of its own: a branch of a fork."""
        step = self.step(at, escape(name), (name, task), ())
        self.lists[at] = TaskList(pointer=at, steps=(step,), index_by_name={name: 0})

    def step(self, at: str, segment: str, named: tuple[str, dict[str, Any]], extended: tuple[int, ...]) -> Step:
        """Compile one task and everything below it. `extended` are the extensions it is itself part of."""
        name, task = named
        path = f"{at}/{segment}"
        kind = kind_of(task)
        before, after = self._extensions(path, kind, extended)
        lists_of(self, path, kind, task)
        body = body_of(self, kind, task)
        step = Step(
            name=name,
            pointer=pointer(path),
            segment=segment,
            kind="agent" if isinstance(body, AgentBody) else kind,
            body=body,
            definition=text_of(task),
            condition=program_of(str(task["if"])) if "if" in task else None,
            timeout=self.timeout(task.get("timeout")),
            then=task.get("then", "continue"),
            before=before,
            after=after,
            **data_flow(self, task),
        )
        self.steps[path] = step
        return step

    def timeout(self, part: Any) -> Value | None:
        """Give the duration of a `timeout`, named or written out."""
        if isinstance(part, str):
            part = self.use.get("timeouts", {})[part]
        return None if part is None else duration_of(self.read(part["after"]))

    def _extensions(
        self, path: str, kind: str, extended: tuple[int, ...]
    ) -> tuple[tuple[tuple[str | None, str], ...], tuple[tuple[str | None, str], ...]]:
        """Compile the extensions around a task: those of before, and those of after."""
        found: dict[str, list[tuple[str | None, str]]] = {"before": [], "after": []}
        for index, item in enumerate(self.use.get("extensions", ())):
            ((_, extension),) = item.items()
            wanted = extension["extend"]
            if extended or (wanted not in ("all", kind) and kind not in _EXTENDS.get(wanted, ())):
                continue
            when = program_of(extension["when"]) if "when" in extension else None
            for moment, places in found.items():
                if extension.get(moment):
                    at = f"{path}/extensions/{index}/{moment}"
                    self.add_list(at, extension[moment], (*extended, index))
                    places.append((when, at))
        return tuple(found["before"]), tuple(found["after"])


def kind_of(task: dict[str, Any]) -> str:
    """Give the kind of a task: the key that tells it. A `for` also has a `do`, a `try` a `catch`."""
    for key in ("for", "try", *KIND_KEYS):
        if key in task:
            return key
    raise InvalidDefinition([Problem(pointer="", message=f"a task of no known kind: {sorted(task)}")])


def data_flow(compiler: Compiler, task: dict[str, Any]) -> dict[str, Any]:
    """Give what `input`, `output` and `export` say, as fields of a `Step`."""
    flow: dict[str, Any] = {}
    for section, verb in (("input", "from"), ("output", "as"), ("export", "as")):
        part = task.get(section) or {}
        if verb in part:
            flow[f"{section}_{verb}"] = transformation_of(compiler.read(part[verb]))
        if "document" in (part.get("schema") or {}):
            flow[f"{section}_schema"] = text_of(part["schema"]["document"])
    return flow


#: What becomes of a run that finds no place below a concurrency limit.
POLICIES = ("queue", "refuse", "cancelOldest")


def _gate_of(document: dict[str, Any]) -> Gate | None:
    """Give the concurrency limit of the document, our extension in `document.metadata.concurrency`."""
    part = document.get("metadata", {}).get("concurrency")
    if part is None:
        return None
    limit, policy = (part.get("limit"), part.get("policy", "queue")) if isinstance(part, dict) else (None, "queue")
    if not isinstance(limit, int | float) or not _is_count(limit) or policy not in POLICIES:
        message = (
            f"expected {{limit: a whole number from 1, policy: one of {', '.join(POLICIES)}}}, found {part!r:.200}"
        )
        raise InvalidDefinition([Problem(pointer="/document/metadata/concurrency", message=message)])
    return Gate(limit=int(limit), key=transformation_of(part["key"]) if "key" in part else None, policy=policy)


def _is_count(number: float) -> bool:
    return not isinstance(number, bool) and number >= 1 and number == int(number)


def compile_definition(data: dict[str, Any]) -> Definition:
    """Give the compiled definition of a checked document. What `language.check` accepts, this compiles."""
    is_loose = (data.get("evaluate") or {}).get("mode") == "loose"
    compiler = Compiler(use=data.get("use") or {}, read=loosened if is_loose else as_written)
    compiler.add_list("/do", data["do"])
    document = data["document"]
    root = Step(
        name=document["name"],
        pointer="",
        segment="",
        kind="workflow",
        body=DoBody(),
        definition=text_of(document),
        timeout=compiler.timeout(data.get("timeout")),
        **{key: value for key, value in data_flow(compiler, data).items() if not key.startswith("export")},
    )
    return Definition(
        namespace=document["namespace"],
        name=document["name"],
        version=str(document["version"]),
        document=text_of(data),
        root=root,
        lists=compiler.lists,
        steps=compiler.steps,
        schedule=text_of(data["schedule"]) if "schedule" in data else None,
        gate=_gate_of(document),
        loose=is_loose,
    )


__all__ = ["KIND_KEYS", "Compiler", "compile_definition", "kind_of", "value_of"]
