"""The bodies of tasks, kind by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.definition import model as m
from engine.definition.agents import agent_body, agent_lists, is_agent
from engine.definition.calls import call_body, run_body
from engine.definition.durations import duration_of
from engine.definition.listening import listen_body
from engine.definition.retries import retry_of
from engine.definition.values import program_of, value_of
from engine.errors import InvalidDefinition, Problem
from engine.paths import escape

if TYPE_CHECKING:
    from engine.definition.compile import Compiler


def lists_of(compiler: Compiler, path: str, kind: str, task: dict[str, Any]) -> None:
    """Compile the lists of tasks below the task at `path`."""
    match kind:
        case "do" | "for":
            compiler.add_list(f"{path}/do", task["do"])
        case "fork":
            for index, branch in enumerate(task["fork"]["branches"]):
                ((name, step),) = branch.items()
                compiler.add_single(f"{path}/fork/branches/{index}", name, step)
        case "try":
            compiler.add_list(f"{path}/try", task["try"])
            if (task.get("catch") or {}).get("do"):
                compiler.add_list(f"{path}/catch/do", task["catch"]["do"])
            if task.get("finally"):
                compiler.add_list(f"{path}/finally", task["finally"])
        case "listen":
            if (task.get("foreach") or {}).get("do"):
                compiler.add_list(f"{path}/foreach/do", task["foreach"]["do"])
        case "call" if is_agent(compiler.use, task["call"]):
            agent_lists(compiler, path, task)
        case "call":
            _function(compiler, path, task["call"])


def _function(compiler: Compiler, path: str, name: str) -> None:
    """Compile the function a task calls as a list below it."""
    function = compiler.use.get("functions", {}).get(name)
    if function is None:
        return
    if name in compiler.inside:
        chain = " → ".join((*compiler.inside, name))
        raise InvalidDefinition(
            [Problem(pointer=f"/use/functions/{escape(name)}", message=f"the function calls itself: {chain}")]
        )
    outer, compiler.inside = compiler.inside, (*compiler.inside, name)
    compiler.add_list(f"{path}/call", [{name: function}])
    compiler.inside = outer


def body_of(compiler: Compiler, kind: str, task: dict[str, Any]) -> m.Body:
    """Give the body of a task of this kind."""
    match kind:
        case "do":
            return m.DoBody()
        case "set":
            return m.SetBody(value=value_of(compiler.read(task["set"])))
        case "switch":
            return _switch(task["switch"])
        case "for":
            return _for(compiler, task)
        case "fork":
            return _fork(task["fork"])
        case "try":
            return _try(compiler, task)
        case "raise":
            return m.RaiseBody(error=_error(compiler, task["raise"]["error"]))
        case "wait":
            return m.WaitBody(duration=duration_of(compiler.read(task["wait"])))
        case "emit":
            return m.EmitBody(event=value_of(compiler.read(task["emit"]["event"]["with"])))
        case "listen":
            return listen_body(compiler, task)
        case "run":
            return run_body(compiler, task["run"])
        case _ if is_agent(compiler.use, task["call"]):
            return agent_body(compiler, task)
        case _:
            return call_body(compiler, task)


def _switch(cases: list[dict[str, Any]]) -> m.SwitchBody:
    """Give the cases with the default last, wherever it stands."""
    found = []
    for item in cases:
        ((_, case),) = item.items()
        found.append((program_of(str(case["when"])) if "when" in case else None, case.get("then", "continue")))
    return m.SwitchBody(cases=tuple(sorted(found, key=lambda case: case[0] is None)))


def _for(compiler: Compiler, task: dict[str, Any]) -> m.ForBody:
    loop = task["for"]
    items = loop["in"]
    return m.ForBody(
        items=m.Value(source=program_of(items)) if isinstance(items, str) else value_of(compiler.read(items)),
        each=loop.get("each", "item"),
        at=loop.get("at", "index"),
        condition=program_of(str(task["while"])) if "while" in task else None,
        concurrency=int(loop.get("concurrency", 1)),
        iterations_max=int(loop.get("maxIterations", 0)),
    )


def _fork(fork: dict[str, Any]) -> m.ForkBody:
    return m.ForkBody(
        branch_count=len(fork["branches"]), compete=bool(fork.get("compete")), limit=int(fork.get("limit", 0))
    )


def _try(compiler: Compiler, task: dict[str, Any]) -> m.TryBody:
    catch = task.get("catch") or {}
    wanted = (catch.get("errors") or {}).get("with", {})
    return m.TryBody(
        catches="catch" in task,
        filters=tuple(("detail" if name == "details" else name, value) for name, value in wanted.items()),
        name=catch.get("as", "error"),
        when=program_of(str(catch["when"])) if "when" in catch else None,
        except_when=program_of(str(catch["exceptWhen"])) if "exceptWhen" in catch else None,
        retry=retry_of(compiler, catch.get("retry")),
        handles=bool(catch.get("do")),
        finalises=bool(task.get("finally")),
    )


def _error(compiler: Compiler, error: Any) -> m.Value:
    """Give the error of a `raise`, written out or named in `use.errors`."""
    named = compiler.use.get("errors", {})
    return value_of(compiler.read(named[error] if isinstance(error, str) and error in named else error))
