"""`call: agent` lets a model work with tools. The rules run the loop themselves; this says what it takes and gives."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from nodes.base import TaskContext
from nodes.errors import fault

#: An ISO 8601 text, or an object of days, hours, minutes, seconds and milliseconds.
Duration = str | dict[str, float]
Policy = Literal["auto", "ask", "deny"]


class Shape(BaseModel):
    """Strict about names, which are in camel case outside."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Workflow(Shape):
    """A published workflow that a call runs as a child."""

    namespace: str
    name: str
    version: str = "latest"
    input: Any = Field(default=None, description="What the run is given; the arguments when left out.")


class Tool(Shape):
    """Something the model may call: exactly one of `node`, `mcp` and `workflow`."""

    node: str | None = Field(default=None, description="A registered node type.")
    with_: dict[str, Any] | None = Field(
        default=None, alias="with", description="Arguments of the node that the model cannot change."
    )
    mcp: dict[str, Any] | None = Field(default=None, description="An MCP server, as `call: mcp` takes it.")
    allow: list[str] | None = Field(default=None, description="The server's tools that are offered; all if left out.")
    workflow: Workflow | None = Field(default=None, description="A workflow.")
    name: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")
    description: str | None = Field(default=None, description="What the model is told that it does.")
    parameters: dict[str, Any] | None = Field(default=None, description="JSON Schema of the arguments.")
    policy: Policy | dict[str, Policy] = Field(
        default="auto", description="Whether a call is made, a person is asked, or it is refused; by name for `mcp`."
    )
    on_error: Literal["tell", "fault"] = Field(default="tell", description="What an error of a call is.")


class Image(Shape):
    """An image: its bytes, or where they are."""

    media_type: str | None = None
    data: str | None = Field(default=None, description="The bytes in base64.")
    url: str | None = None


class Money(Shape):
    """An amount of money."""

    amount: float | str
    currency: str


class Limits(Shape):
    """What the agent may use. A limit that is reached is a fault that names it."""

    turns: Annotated[int, Field(ge=1)] = Field(default=25, description="Model calls.")
    tokens: int | None = Field(default=None, ge=1, description="Tokens in and out of all model calls together.")
    money: Money | None = Field(default=None, description="Price of all model calls together.")
    wall_time: Duration | None = Field(default=None, description="Time from beginning to end.")
    attempts: int = Field(default=5, ge=1, description="How often one model call is tried.")


class Form(Shape):
    """What the answer has to look like."""

    schema_: dict[str, Any] = Field(alias="schema", description="JSON Schema of the answer.")


class AgentArguments(Shape):
    """What an agent is to do, with which model, tools and limits."""

    provider: Literal["gemini", "openai", "scripted"] = Field(description="Who answers, as in `call: model`.")
    model: str = Field(min_length=1, description="Name of the model.")
    instructions: str | None = Field(default=None, description="How the model is to behave: the system message.")
    prompt: Any = Field(default=None, description="What it is asked; any value that is no text is given as JSON.")
    images: list[str | Image] = Field(default=[], description="Images that go with the prompt.")
    messages: list[Any] = Field(default=[], description="What was said before: the `messages` of an earlier output.")
    tools: list[Tool] = Field(default=[], description="What the model may call.")
    output: Form | None = Field(default=None, description="`schema`: the answer is JSON of that JSON Schema.")
    limits: Limits = Field(default=Limits(), description="What the agent may use.")
    approval: dict[str, Any] = Field(
        default={}, description="Who is asked about calls with the policy `ask`, and how: as in `human_approval`."
    )
    temperature: float | None = Field(default=None, ge=0, le=2, description="How freely it speaks.")
    max_output_tokens: int | None = Field(default=None, ge=1, description="Longest answer of one model call.")
    endpoint: str | None = Field(default=None, description="Address of the service, when it is not the usual one.")
    api_key: str | dict[str, str] | None = Field(default=None, description="The key, as in `call: model`.")
    script: str | list[Any] | dict[str, Any] | None = Field(default=None, description="For `scripted`.")
    options: dict[str, Any] = Field(default={}, description="What only this provider knows.")


class Usage(Shape):
    """Tokens of all model calls."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int


class AgentOutput(Shape):
    """What came of it."""

    output: Any = Field(default=None, description="The answer as a value; only with `output.schema`.")
    text: str = Field(description="The answer as text.")
    messages: list[Any] = Field(description="The whole conversation.")
    turns: int = Field(description="How many model calls it took.")
    usage: Usage
    cost: dict[str, str] | None = Field(description="`{amount, currency}`; null when a price is not known.")


class Agent:
    """Lets a language model work on a task: it may call tools, again and again, until it has an answer."""

    name = "agent"
    version = "1.0.0"
    icon = "bot"
    With = AgentArguments
    Output = AgentOutput
    examples = (
        {
            "provider": "gemini",
            "model": "gemini-2.5-flash",
            "prompt": "Is the parcel of order 7 late?",
            "tools": [{"node": "http", "name": "order", "with": {"method": "get"}, "policy": "ask"}],
            "limits": {"turns": 10, "wallTime": "PT5M"},
        },
    )

    async def run(self, with_: AgentArguments, ctx: TaskContext) -> NoReturn:  # noqa: ARG002  # the rules do it
        """Refuse: no worker does this."""
        raise fault("configuration", "`agent` is done by the orchestrator, never by a worker")
