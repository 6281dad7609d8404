from __future__ import annotations

from pathlib import Path

import pytest

from agentos.model_rules import model_rules, prices_in
from infra.errors import InvalidSettings
from infra.settings import load_settings

NO_FILE = Path("no such file")

TOML = """
currency = "EUR"
[models."gemini-2.5-flash"]
input = 0.30
output = "2.50"
cached = 0.075
[models."openai/some"]
input = 1
output = 2
currency = "USD"
"""


def test_prices_are_read_to_the_last_digit(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text(TOML)
    found = prices_in(tmp_path / "prices.toml")

    assert found["gemini-2.5-flash"].amount(1, 0, 0) == "0.0000003"
    assert (found["gemini-2.5-flash"].currency, found["openai/some"].currency) == ("EUR", "USD")


def test_prices_may_be_json(tmp_path: Path) -> None:
    (tmp_path / "prices.json").write_text('{"models": {"m": {"input": 0.1, "output": 0.2}}}')

    assert prices_in(tmp_path / "prices.json")["m"].amount(3_000_000, 0, 0) == "0.3"


@pytest.mark.parametrize("text", ["models = 1", "[models.m]\ninput = -1\noutput = 1", "not toml", "[models.m]\nin = 1"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "prices.toml").write_text(text)

    with pytest.raises(InvalidSettings, match="AGENTOS_MODEL_PRICES: expected a file of prices"):
        prices_in(tmp_path / "prices.toml")


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(InvalidSettings, match="AGENTOS_MODEL_PRICES"):
        prices_in(NO_FILE)


def test_keys_and_addresses_come_from_the_settings_and_are_not_shown() -> None:
    environment = {"GOOGLE_API_KEY": "g", "OPENAI_API_KEY": "o", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
    found = model_rules(load_settings(environment, NO_FILE).models)

    assert (found.gemini.key, found.openai.key, found.openai.address) == ("g", "o", "http://127.0.0.1:1/v1")
    assert "'o'" not in repr(found)
    assert model_rules(load_settings(environment | {"GEMINI_API_KEY": "first"}, NO_FILE).models).gemini.key == "first"
