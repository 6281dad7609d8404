"""The node type `model`: chooses the provider, shows tokens live, and says what the answer cost."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from nodes.base import TaskContext
from nodes.model.answer import Answer, ModelOutput
from nodes.model.arguments import ModelArguments
from nodes.model.gemini import Gemini
from nodes.model.images import with_images
from nodes.model.openai import OpenAi
from nodes.model.scripted import Scripted
from nodes.provisions import ModelRules, Provisions

Ask = Callable[[ModelArguments, TaskContext], Awaitable[Answer]]


class Model:
    """Asks a language model to continue a conversation, once; the model may ask for tools to be called."""

    name = "model"
    version = "1.0.0"
    icon = "sparkles"
    With = ModelArguments
    Output = ModelOutput
    timeout_s = 600.0
    costly = True
    examples = (
        {
            "provider": "gemini",
            "model": "gemini-2.5-flash",
            "messages": [{"role": "user", "content": "Which is the largest moon of Saturn?"}],
        },
        {
            "provider": "scripted",
            "model": "any",
            "messages": [{"role": "user", "content": "Hello"}],
            "script": [{"text": "Hello to you"}],
        },
    )

    def __init__(self, provisions: Provisions | None = None) -> None:
        given = provisions or Provisions()
        self._rules: ModelRules = given.models
        self._providers: dict[str, Ask] = {
            "gemini": Gemini(self._rules.gemini).ask,
            "openai": OpenAi(self._rules.openai).ask,
            "scripted": Scripted(self._rules.scripts, given.read_yaml).ask,
        }

    @classmethod
    def provided(cls, provisions: Provisions) -> Model:
        """Give the instance for a process with these keys, prices and scripts."""
        return cls(provisions)

    async def run(self, with_: ModelArguments, ctx: TaskContext) -> dict[str, Any]:
        """Give the model's answer."""
        began_at = time.monotonic()
        asked = with_.model_copy(update={"messages": await with_images(with_.messages, ctx)})
        answer = await self._providers[with_.provider](asked, ctx)
        return {
            "message": answer.message(),
            "finishReason": answer.finish_reason,
            "usage": answer.usage.members(),
            "cost": self._cost(with_, answer),
            "model": answer.model or with_.model,
            "durationMs": round((time.monotonic() - began_at) * 1000),
        }

    def _cost(self, with_: ModelArguments, answer: Answer) -> dict[str, str] | None:
        price = self._rules.prices.get(f"{with_.provider}/{with_.model}") or self._rules.prices.get(with_.model)
        if price is None:
            return None
        usage = answer.usage
        amount = price.amount(usage.input_tokens, usage.output_tokens, usage.cached_tokens)
        return {"amount": amount, "currency": price.currency}
