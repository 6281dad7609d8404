"""What a call of a model takes: the conversation, the tools it may ask for, and the form of its answer.

Messages are the same for every provider. What a provider has beyond them (such as a signature of its thoughts that it
wants back in the next turn) is kept under `provider.NAME` of the part it belongs to, and goes to that one only.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

from nodes.http.arguments import FromSecret


class Shape(BaseModel):
    """Strict about names, which are in camel case outside."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Extras(Shape):
    """Something that may hold what only one provider knows."""

    provider: dict[str, dict[str, Any]] = Field(default={}, description="What a provider wants back, by its name.")

    def own(self, provider: str) -> dict[str, Any]:
        """Give what `provider` left here."""
        return self.provider.get(provider, {})


class Text(Extras):
    """A piece of text."""

    type: Literal["text"] = "text"
    text: str


class Image(Extras):
    """An image: its bytes, or where they are."""

    type: Literal["image"]
    media_type: str | None = Field(default=None, pattern=r"^image/[a-z0-9.+-]+$", description="Such as `image/png`.")
    data: str | None = Field(default=None, description="The bytes in base64.")
    url: str | None = Field(default=None, description="Where to fetch the image; private addresses are refused.")

    @model_validator(mode="after")
    def refuse_none_or_two(self) -> Image:
        """Refuse an image that is not in exactly one place."""
        if (self.data is None) == (self.url is None):
            raise ValueError("expected either `data` or `url`")
        if self.data is not None and self.media_type is None:
            raise ValueError("expected `mediaType` with `data`")
        return self


class ToolCall(Extras):
    """A tool that the model wants to be called."""

    id: str
    name: str
    arguments: dict[str, Any] = {}
    invalid_arguments: str | None = Field(default=None, description="The arguments as text when they are no object.")


Content = Annotated[Text | Image, Field(discriminator="type")]


class Message(Extras):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    content: list[Content] = Field(default=[], description="Text and images; a text alone counts as a list of it.")
    tool_calls: list[ToolCall] = Field(default=[], description="What an `assistant` wants to be called.")
    tool_call_id: str | None = Field(default=None, description="Which call a `tool` message answers.")
    name: str | None = Field(default=None, description="Name of the tool that answers.")
    is_error: bool = Field(default=False, description="Whether the tool failed; the content says why.")

    @field_validator("content", mode="before")
    @classmethod
    def spread(cls, value: Any) -> Any:
        """Make a list of a text, and nothing of null."""
        return [{"type": "text", "text": value}] if isinstance(value, str) else ([] if value is None else value)

    @model_validator(mode="after")
    def refuse_an_answer_to_nothing(self) -> Message:
        """Refuse the answer of a tool that does not say what it answers."""
        if self.role == "tool" and not self.tool_call_id:
            raise ValueError("expected `toolCallId` in a message of role `tool`")
        return self

    @property
    def text(self) -> str:
        """All of its text."""
        return "".join(part.text for part in self.content if isinstance(part, Text))


class Tool(Shape):
    """Something the model may ask to be called."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")
    description: str = ""
    parameters: dict[str, Any] = Field(default={"type": "object"}, description="JSON Schema of the arguments.")


class Form(Shape):
    """What the answer has to look like."""

    schema_: dict[str, Any] | bool = Field(alias="schema", description="JSON Schema of the answer.")


class ModelArguments(Shape):
    """A conversation, and who is to continue it."""

    provider: Literal["gemini", "openai", "scripted"] = Field(
        description="Who answers: Gemini, any service with the protocol of OpenAI, or a script."
    )
    model: str = Field(min_length=1, description="Name of the model, such as `gemini-2.5-flash`.")
    messages: list[Message] = Field(min_length=1, description="The conversation so far.")
    tools: list[Tool] = Field(default=[], description="What the model may ask to be called.")
    output: Form | None = Field(default=None, description="`schema`: the answer is JSON of that JSON Schema.")
    temperature: float | None = Field(default=None, ge=0, le=2, description="How freely it speaks.")
    max_output_tokens: int | None = Field(default=None, ge=1, description="Longest answer.")
    endpoint: str | None = Field(default=None, description="Address of the service, when it is not the usual one.")
    api_key: str | FromSecret | None = Field(
        default=None, description="The key, as an expression on `$secrets`; usually the worker has it."
    )
    script: str | list[Any] | dict[str, Any] | None = Field(
        default=None, description="For `scripted`: a file in AGENTOS_MODEL_SCRIPTS_DIR, or the turns themselves."
    )
    turn: int | None = Field(
        default=None, ge=0, description="For `scripted`: which turn; else as many as the assistant spoke before."
    )
    options: dict[str, Any] = Field(default={}, description="What only this provider knows; added to its request.")
