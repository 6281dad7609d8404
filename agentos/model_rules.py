"""How models are reached and what they cost, from the settings and the file of prices that they name."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from infra.errors import InvalidSettings
from infra.worker_settings import ModelSettings
from nodes.provisions import ModelAccess, ModelPrice, ModelRules


class PriceRow(BaseModel):
    """Prices of one model for a million tokens."""

    model_config = ConfigDict(extra="forbid")

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cached: Decimal | None = Field(default=None, ge=0)
    currency: str | None = None


class PriceFile(BaseModel):
    """The file: a currency, and a row for each `MODEL` or `PROVIDER/MODEL`."""

    model_config = ConfigDict(extra="forbid")

    currency: str = "USD"
    models: dict[str, PriceRow] = {}


def model_rules(settings: ModelSettings) -> ModelRules:
    """Give what the settings say. Raises `InvalidSettings` for a file of prices that can't be used."""
    return ModelRules(
        gemini=ModelAccess(
            key=_text(settings.gemini_api_key or settings.google_api_key), address=settings.gemini_address or ""
        ),
        openai=ModelAccess(key=_text(settings.openai_api_key), address=settings.openai_address or ""),
        prices={} if settings.prices is None else prices_in(settings.prices),
        scripts=settings.scripts,
    )


def prices_in(path: Path) -> dict[str, ModelPrice]:
    """Give the prices of a TOML or JSON file, by model."""
    try:
        found = PriceFile.model_validate(_values(path))
    except (OSError, ValueError) as error:
        raise InvalidSettings(
            f"AGENTOS_MODEL_PRICES: expected a file of prices at {path}, found: {_told(error)}"
        ) from None
    return {
        name: ModelPrice(input=row.input, output=row.output, cached=row.cached, currency=row.currency or found.currency)
        for name, row in found.models.items()
    }


def _values(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text, parse_float=Decimal)
    return tomllib.loads(text, parse_float=Decimal)


def _told(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'/'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors()[:5])
    return str(error)


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
