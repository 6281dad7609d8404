"""Random valid documents over the whole language. The same seed gives the same document."""

from __future__ import annotations

import random
from typing import Any

KINDS = (
    "set", "set", "set", "call", "call", "call", "do", "switch", "for", "fork", "try", "raise",
    "wait", "listen", "emit", "run", "function", "approval", "agent",
)  # fmt: skip


def random_document(rng: random.Random) -> dict[str, Any]:
    """Give a document whose every loop is bounded, so that it ends whatever happens outside."""
    maker = Maker(rng)
    document: dict[str, Any] = {
        "document": {"dsl": "1.0.3", "namespace": "sim", "name": "random", "version": "1.0.0"},
        "use": {"functions": {"double": {"call": "echo", "with": {"n": "${ (.n // 1) * 2 }"}}}},
        "do": maker.tasks(rng.randint(1, 5), 0),
    }
    if rng.random() < 0.2:
        document["timeout"] = {"after": {"seconds": rng.randint(1, 60)}}
    if rng.random() < 0.2:
        document["output"] = {"as": "${ {out: ., context: $context} }"}
    if rng.random() < 0.2:
        document["use"]["extensions"] = [_extension(rng)]
    if rng.random() < 0.1:
        document["evaluate"] = {"mode": "loose"}
    if rng.random() < 0.1:
        document["document"]["metadata"] = {"concurrency": {"limit": 1, "policy": "queue"}}
    return document


def _extension(rng: random.Random) -> dict[str, Any]:
    around: dict[str, Any] = {"extend": rng.choice(["call", "set", "all", "composite"])}
    if rng.random() < 0.5:
        around["when"] = rng.choice(["${ true }", "${ false }", '${ $task.name | startswith("t1") }'])
    around["before"] = [{"note": {"call": "log", "with": {"message": "${ $task.reference }"}}}]
    if rng.random() < 0.5:
        around["after"] = [{"done": {"set": {"seen": True}}}]
    if rng.random() < 0.3:
        around["before"].append({"skip": {"set": {"mocked": True}, "then": "exit"}})
    return {"around": around}


class Maker:
    """Makes tasks with names that are unique in the document."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.count = 0

    def tasks(self, number: int, depth: int) -> list[dict[str, Any]]:
        """Give a list of tasks."""
        made = [self.task(depth) for _ in range(number)]
        names = [next(iter(item)) for item in made]
        for index, item in enumerate(made):
            self.direct(item[names[index]], names[index + 1 :])
        return made

    def direct(self, task: dict[str, Any], later: list[str]) -> None:
        """Give a task a flow directive that only leads on."""
        choices = ["continue", "exit", "end", *later, *later, *later]
        if self.rng.random() < 0.15:
            task["then"] = self.rng.choice(choices)
        for item in task.get("switch", ()):
            next(iter(item.values()))["then"] = self.rng.choice(choices)

    def task(self, depth: int) -> dict[str, Any]:
        """Give one task by name."""
        self.count += 1
        name = self.rng.choice([f"t{self.count}", f"t{self.count}/odd", f"t{self.count}@2", f"t{self.count}~x"])
        kinds = [kind for kind in KINDS if depth < 3 or kind not in ("do", "for", "fork", "try")]
        task: dict[str, Any] = getattr(self, f"make_{self.rng.choice(kinds)}")(depth)
        self.adorn(task)
        return {name: task}

    def adorn(self, task: dict[str, Any]) -> None:
        """Add what any task may have."""
        if self.rng.random() < 0.1:
            task["if"] = self.rng.choice(["${ true }", "${ false }", "${ .n != 3 }"])
        if self.rng.random() < 0.1:
            task["input"] = {"from": "${ {n: (.n? // 1), xs: [1, 2, 3]} }"}
        if self.rng.random() < 0.1:
            task["output"] = {"as": "${ {n: 2, was: .} }"}
        if self.rng.random() < 0.1:
            task["export"] = {"as": "${ {seen: (($context.seen? // 0) + 1)} }"}
        if self.rng.random() < 0.1:
            task["timeout"] = {"after": {"milliseconds": self.rng.randint(1, 5000)}}

    def make_set(self, _: int) -> dict[str, Any]:
        return {"set": self.rng.choice([{"n": 1}, {"n": "${ (.n? // 0) + 1 }", "xs": [1, 2]}, {"n": "${ $input.n? }"}])}

    def make_call(self, _: int) -> dict[str, Any]:
        return {"call": "echo", "with": {"n": "${ .n? // 7 }", "who": "${ $workflow.id }"}}

    def make_approval(self, _: int) -> dict[str, Any]:
        terms: dict[str, Any] = {"title": "Go on?", "quorum": self.rng.randint(1, 2), "deadline": {"hours": 2}}
        terms["onTimeout"] = self.rng.choice(["fault", "reject", "approve", "escalate"])
        if self.rng.random() < 0.5:
            terms |= {"assignees": ["ana", "ben"], "reminders": {"every": "PT30M", "times": 2}}
        if self.rng.random() < 0.5:
            terms |= {"escalation": [{"after": "PT1H", "assignees": ["cat", "dan"]}], "channels": ["ui", "email"]}
        if self.rng.random() < 0.2:
            terms["onReject"] = "fault"
        return {"call": "human_approval", "with": terms}

    def make_function(self, _: int) -> dict[str, Any]:
        return {"call": "double", "with": {"n": 4}}

    def make_do(self, depth: int) -> dict[str, Any]:
        return {"do": self.tasks(self.rng.randint(1, 3), depth + 1)}

    def make_switch(self, _: int) -> dict[str, Any]:
        cases: list[dict[str, Any]] = [{"one": {"when": "${ .n? == 1 }"}}, {"two": {"when": "${ .n? == 2 }"}}]
        return {"switch": [*cases, {"rest": {}}] if self.rng.random() < 0.5 else cases}

    def make_for(self, depth: int) -> dict[str, Any]:
        loop: dict[str, Any] = {"each": "x", "in": self.rng.choice(["${ [1, 2, 3] }", "${ .xs? // [] }"])}
        task: dict[str, Any] = {"for": loop, "do": self.tasks(self.rng.randint(1, 2), depth + 1)}
        if self.rng.random() < 0.3:
            loop["concurrency"] = 2
        elif self.rng.random() < 0.3:
            task["while"] = "${ $x < 3 }"
        return task

    def make_fork(self, depth: int) -> dict[str, Any]:
        branches = [self.task(depth + 1) for _ in range(self.rng.randint(1, 4))]
        fork: dict[str, Any] = {"branches": branches}
        if self.rng.random() < 0.3:
            fork["compete"] = True
        if self.rng.random() < 0.3:
            fork["limit"] = 2
        return {"fork": fork}

    def make_try(self, depth: int) -> dict[str, Any]:
        catch: dict[str, Any] = {}
        if self.rng.random() < 0.4:
            catch["errors"] = {"with": {"status": self.rng.choice([500, 503, 418])}}
        if self.rng.random() < 0.3:
            catch["when"] = "${ $error.status > 400 }"
        if self.rng.random() < 0.5:
            catch["retry"] = {"delay": {"milliseconds": self.rng.randint(0, 500)}, "limit": {"attempt": {"count": 2}}}
        if self.rng.random() < 0.5:
            catch["do"] = self.tasks(1, depth + 1)
        task: dict[str, Any] = {"try": self.tasks(self.rng.randint(1, 2), depth + 1), "catch": catch}
        if self.rng.random() < 0.2:
            task["finally"] = self.tasks(1, depth + 1)
        return task

    def make_raise(self, _: int) -> dict[str, Any]:
        return {"raise": {"error": {"type": "https://sim.example/odd", "status": self.rng.choice([418, 503])}}}

    def make_wait(self, _: int) -> dict[str, Any]:
        return {"wait": {"milliseconds": self.rng.randint(0, 3000)}}

    def make_listen(self, depth: int) -> dict[str, Any]:
        wanted = {"with": {"type": "sim.event"}}
        to: dict[str, Any] = self.rng.choice(
            [{"one": wanted}, {"any": [wanted]}, {"all": [wanted]}, {"any": [wanted], "until": "${ length >= 2 }"}]
        )
        task: dict[str, Any] = {"listen": {"to": to}}
        if self.rng.random() < 0.3:
            task["foreach"] = {"item": "e", "do": self.tasks(1, depth + 2)}
        return task

    def make_emit(self, _: int) -> dict[str, Any]:
        return {"emit": {"event": {"with": {"source": "https://sim", "type": "sim.out", "data": {"n": "${ .n? }"}}}}}

    def make_run(self, _: int) -> dict[str, Any]:
        child = {"namespace": "sim", "name": self.rng.choice(["child", "bad"]), "version": "1.0.0", "input": {"n": 5}}
        return {"run": {"workflow": child, "await": self.rng.random() < 0.8}}

    def make_agent(self, _: int) -> dict[str, Any]:
        """Give an agent with tools of each kind; what its model answers is the driver's business."""
        kid = {"namespace": "sim", "name": self.rng.choice(["child", "bad"]), "version": "1.0.0", "input": {"n": 5}}
        schema = {"type": "object", "required": ["n"]}
        tools: list[dict[str, Any]] = [
            {"node": "echo", "name": "look", "parameters": schema, "onError": self.rng.choice(["tell", "fault"])},
            {"node": "echo", "name": "far~/@1", "with": {"n": "${ $arguments.n? }", "k": "${ $secrets.key }"}},
            {"workflow": kid, "name": "kid"},
            {"node": "echo", "name": "burn", "policy": "deny"},
            {"node": "echo", "name": "sign", "policy": "ask"},
        ]
        if self.rng.random() < 0.3:
            tools.append({"mcp": {"transport": {"http": {"endpoint": "https://mcp.example"}}}, "name": "files"})
        limits: dict[str, Any] = {"turns": self.rng.randint(1, 4)}
        if self.rng.random() < 0.3:
            limits["wallTime"] = {"milliseconds": self.rng.randint(1, 5000)}
        arguments: dict[str, Any] = {"provider": "scripted", "model": "m", "tools": tools, "limits": limits}
        if self.rng.random() < 0.5:
            arguments["approval"] = {"deadline": {"milliseconds": self.rng.randint(1, 5000)}}
        arguments["prompt"] = self.rng.choice(["hello", "${ .n? }", '${ "abc" | test("b") | tostring }'])
        if self.rng.random() < 0.3:
            arguments["output"] = {"schema": schema}
        return {"call": "agent", "with": arguments}
