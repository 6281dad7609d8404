"""`call` and `run`: work outside the engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.definition import model as m
from engine.definition.authorization import scheme_of
from engine.definition.loose import Read, holds_loose
from engine.definition.values import split_secrets, uri_expression, value_of

if TYPE_CHECKING:
    from engine.definition.compile import Compiler

#: The node type whose work the rules do themselves.
APPROVAL = "human_approval"


def call_body(compiler: Compiler, task: dict[str, Any]) -> m.Body:
    """Give the body of a `call`: of a function in `use.functions`, or of a node type."""
    use, name, arguments = compiler.use, task["call"], task.get("with")
    if name in use.get("functions", {}):
        return m.FunctionBody(arguments=None if arguments is None else value_of(compiler.read(arguments)))
    arguments = {} if arguments is None else with_policies(use, arguments)
    if name == "http":
        arguments = with_uri(arguments)
    node_type = name.partition(":")[0] if name.endswith("@default") else name
    if node_type == APPROVAL:
        return m.ApprovalBody(arguments=value_of(compiler.read(arguments)))
    return node_body(compiler.read, node_type, arguments)


def run_body(compiler: Compiler, run: dict[str, Any]) -> m.Body:
    """Give the body of a `run`: a child run, or a process for a node worker."""
    awaited = bool(run.get("await", True))
    if "workflow" in run:
        child = run["workflow"]
        return m.ChildBody(
            namespace=value_of(child["namespace"]),
            name=value_of(child["name"]),
            version=value_of(str(child.get("version", "latest"))),
            input=value_of(compiler.read(child["input"])) if "input" in child else None,
            awaited=awaited,
        )
    kind = next(key for key in ("container", "script", "shell") if key in run)
    arguments = {**run[kind], "return": run.get("return", "stdout")}
    return node_body(compiler.read, kind, arguments, awaited=awaited)


def node_body(read: Read, node_type: str, arguments: Any, *, awaited: bool = True) -> m.CallBody:
    """Give the body of work for `node_type`, with the parts that need secrets set apart."""
    arguments = read(arguments)
    if holds_loose(arguments):
        # Which of its texts are expressions, and need secrets, is seen when the task begins.
        return m.CallBody(
            node_type=node_type, arguments=value_of(arguments), awaited=awaited, scheme=scheme_of(arguments)
        )
    plain, secret_parts = split_secrets(arguments)
    return m.CallBody(
        node_type=node_type,
        arguments=value_of(plain),
        secret_parts=tuple(secret_parts),
        awaited=awaited,
        scheme=scheme_of(arguments),
    )


def with_policies(use: dict[str, Any], part: Any) -> Any:
    """Put the named authentication policies in place of `authentication: {use: NAME}`."""
    if isinstance(part, list):
        return [with_policies(use, item) for item in part]
    if not isinstance(part, dict):
        return part
    policies = use.get("authentications", {})
    placed = {}
    for key, item in part.items():
        named = item.get("use") if isinstance(item, dict) else None
        if key == "authentication" and isinstance(named, str) and named in policies:
            item = policies[named]
        placed[key] = _with_secrets(item) if key == "authentication" else with_policies(use, item)
    return placed


def _with_secrets(policy: Any) -> Any:
    """Put `$secrets` in place of a scheme's `use: NAME`, so that a worker looks up no more than is named."""
    if not isinstance(policy, dict):
        return policy
    return {
        scheme: f"${{ $secrets[{json.dumps(part['use'])}] }}"
        if isinstance(part, dict) and set(part) == {"use"}
        else part
        for scheme, part in policy.items()
    }


def with_uri(arguments: dict[str, Any]) -> dict[str, Any]:
    """Turn `{name}` in the endpoint of an HTTP call into expressions."""
    endpoint = arguments.get("endpoint")
    if isinstance(endpoint, str):
        return {**arguments, "endpoint": uri_expression(endpoint)}
    if isinstance(endpoint, dict) and isinstance(endpoint.get("uri"), str):
        return {**arguments, "endpoint": {**endpoint, "uri": uri_expression(endpoint["uri"])}}
    return arguments
