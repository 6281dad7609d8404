from __future__ import annotations

from pathlib import Path

import pytest

from infra.errors import InvalidSettings
from infra.settings import GROUPS, ServerSettings, Settings, load_settings
from infra.settings_reference import page

ROOT = Path(__file__).parents[3]
NOWHERE = Path("does-not-exist.env")


def settings(**environment: str) -> Settings:
    return load_settings(environment, NOWHERE)


def refusal(**environment: str) -> str:
    with pytest.raises(InvalidSettings) as refused:
        settings(**environment)
    return str(refused.value)


def test_without_an_environment_everything_has_a_value() -> None:
    found = settings()

    assert found.kafka.bootstrap_servers is None
    assert found.server.host == "127.0.0.1"
    assert (found.runs.max_steps, found.runs.max_commit_bytes, found.server.payload_bytes) == (300, 524288, 262144)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("AGENTOS_PARTITIONS=8\nAGENTOS_TOPIC_PREFIX=mine.\n")

    found = load_settings({"AGENTOS_PARTITIONS": "2"}, file)

    assert (found.kafka.partitions, found.kafka.topic_prefix) == (2, "mine.")


def test_an_empty_value_counts_as_unset() -> None:
    assert settings(DATABASE_URL="", AGENTOS_PARTITIONS="").postgres.database_url is None


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("AGENTOS_PARTITIONS", "many", "expected a valid integer, found 'many'"),
        ("AGENTOS_PORT", "65536", "expected less than or equal to 65535, found '65536'"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS", "expected 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL', found 'TLS'"),
        ("AGENTOS_LEASE_S", "6", "expected at least twice AGENTOS_HEARTBEAT_S (5), found 6"),
    ],
)
def test_a_bad_value_is_told_with_what_was_expected(name: str, value: str, told: str) -> None:
    assert refusal(**{name: value}) == f"{name}: {told}"


def test_all_bad_values_are_told_at_once() -> None:
    assert len(refusal(AGENTOS_PORT="x", AGENTOS_MAX_STEPS="0", AGENTOS_SNAPSHOT_BATCH="-1").splitlines()) == 3


def test_a_bad_secret_is_not_shown() -> None:
    assert (
        refusal(AGENTOS_TOKEN="hunter2")
        == "AGENTOS_TOKEN: expected at least 16 characters, found a secret of 7 characters"
    )


def test_secrets_are_not_in_what_is_printed() -> None:
    found = settings(AGENTOS_TOKEN="a" * 20, DATABASE_URL="postgresql://me:hunter2@db/x", GOOGLE_API_KEY="hunter2")

    assert "hunter2" not in repr(found)
    assert "aaaa" not in repr(found)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "agentos.example.com"])
def test_listening_beyond_this_machine_needs_a_chosen_token(host: str) -> None:
    assert "expected a loopback address, because AGENTOS_TOKEN is not set" in refusal(AGENTOS_HOST=host)
    assert settings(AGENTOS_HOST=host, AGENTOS_TOKEN="a" * 16).server.host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_none(host: str) -> None:
    assert settings(AGENTOS_HOST=host).server == ServerSettings(host=host)


def test_groups_can_be_made_without_an_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTOS_PORT", "1")

    assert ServerSettings(port=5).port == 5
    assert ServerSettings().port is None


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings().kafka.partitions = 7


def test_every_setting_is_described_once() -> None:
    fields = [field for group in GROUPS.values() for field in group.model_fields.values()]

    assert all(field.description for field in fields)
    assert len({field.validation_alias for field in fields}) == len(fields)
    assert list(GROUPS) == list(Settings.model_fields)


def test_the_reference_page_is_that_of_the_code() -> None:
    assert (ROOT / "docs/reference/settings.md").read_text() == page(), "run: python -m infra.settings_reference > PAGE"
