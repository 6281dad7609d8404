"""What a group of settings is: fields that are read from environment variables."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def setting(name: str, default: Any, description: str, **bounds: Any) -> Any:
    """Give a field that is read from the environment variable `name`."""
    return Field(default, validation_alias=name, description=description, **bounds)


class Group(BaseModel):
    """Settings that belong together. Immutable."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, validate_default=True)


def split_at_commas(value: Any) -> Any:
    """Take a text apart at its commas and spaces."""
    return [part for part in value.replace(",", " ").split() if part] if isinstance(value, str) else value
