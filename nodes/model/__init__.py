"""The node type `model`: one call of a language model. One file for each provider: `gemini`, `openai`, `scripted`."""

from nodes.model.node import Model

__all__ = ["Model"]
