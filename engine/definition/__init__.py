"""Workflow definitions as the rules use them."""

from engine.definition.compile import compile_definition
from engine.definition.model import Definition

__all__ = ["Definition", "compile_definition"]
