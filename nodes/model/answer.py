"""What a model answered, whoever it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from nodes.model.arguments import Message, Text, ToolCall

#: Shows a piece of the answer live: what it is (`token`, `thought`), and its text.
Show = Callable[[str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens that were paid for. Cached ones are among those of the input."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0

    def members(self) -> dict[str, int]:
        """Give them as JSON values."""
        return {
            "inputTokens": self.input_tokens,
            "outputTokens": self.output_tokens,
            "cachedTokens": self.cached_tokens,
        }


@dataclass(slots=True, kw_only=True)
class Answer:
    """An answer while it comes in, and when it is complete."""

    content: list[Text] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    #: What belongs to the message as a whole and is the provider's own, by its name.
    provider: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Empty until the model said why it ended.
    finish_reason: str = ""
    usage: Usage = field(default_factory=Usage)
    #: The model as it calls itself.
    model: str = ""

    def add_text(self, text: str) -> None:
        """Add to the last piece of text, unless it is closed by what its provider left in it."""
        if self.content and not self.content[-1].provider:
            self.content[-1].text += text
        else:
            self.content.append(Text(text=text))

    def message(self) -> dict[str, Any]:
        """Give the assistant's message as JSON values."""
        whole = Message(role="assistant", tool_calls=self.tool_calls, provider=self.provider)
        found = whole.model_dump(by_alias=True, exclude_defaults=True, include={"role", "tool_calls", "provider"})
        content = [part.model_dump(exclude_defaults=True) | {"type": "text"} for part in self.content]
        return {"role": "assistant", "content": content} | found


class _Outside(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class UsageOutput(_Outside):
    """Tokens that were paid for."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = Field(description="Those of the input that the provider had kept.")


class CostOutput(_Outside):
    """What they cost by the table of prices."""

    amount: str = Field(description="A decimal number.")
    currency: str


class ModelOutput(_Outside):
    """An answer and what it took."""

    message: Message = Field(description="The assistant's message, ready to be the next one of the conversation.")
    finish_reason: str = Field(description="`stop`, `tool_calls`, `length`, or the provider's own word.")
    usage: UsageOutput
    cost: CostOutput | None = Field(description="Null when the table has no price for the model.")
    model: str = Field(description="The model as it calls itself.")
    duration_ms: int
