"""What happens inside an agent: its plan, its turns, and the tools it calls.

Each model call and each tool call is a task of its own with the usual events. A model call's `TaskReported` has the
answer as the provider gave it (message, finish reason, tokens, price, duration), a tool call's has its result. The
messages a model was given follow from the events before: they are never written again, turn by turn.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStarted:
    """An agent began. `plan` is its evaluated `with` without the tools: model, first messages, output and limits.

    `secret_expressions` are as in `TaskScheduled`: for each of its model calls.
    """

    path: str
    plan: str
    secret_expressions: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted:
    """An agent's turn began: a model call with everything said so far, and with `told`, a JSON array of messages.

    `told` is what the engine has to say itself: that an answer does not fit the schema of the output.
    """

    #: The agent.
    path: str
    #: Number of the turn, from 1. Its scope is `PATH/turns@TURN`.
    turn: int
    told: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCalled:
    """The model called a tool that it may call: the call `number` (from 1) of the turn.

    Its scope is `PATH/turns@TURN/tools@NUMBER`, with one task: `entry` names it, such as `0/lookup`.
    """

    path: str
    turn: int
    number: int
    entry: str
    #: What the model called the tool by, and the id it gave the call.
    name: str
    call_id: str
    #: JSON object: as the model gave them, or as a person changed them.
    arguments: str
    #: JSON object of the names in force for the task's expressions, the arguments among them.
    variables: str
    #: Whether a person changed the arguments.
    edited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRefused:
    """The model called a tool, and the call is not made: `reason` is what the model is told."""

    path: str
    turn: int
    number: int
    name: str
    call_id: str
    arguments: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFailed:
    """The tool call's task, at `path`, ended by an error. The agent lives on: the model is told."""

    path: str
    error: str
