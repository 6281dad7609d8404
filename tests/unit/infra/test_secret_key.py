from __future__ import annotations

import base64
from pathlib import Path

import pytest

from infra.errors import InvalidSettings
from infra.secret_key import FILE, secrets_key, secrets_key_or_new
from infra.worker_settings import NodeSettings

KEY = bytes(range(32))


def settings(key: str | None = None) -> NodeSettings:
    return NodeSettings.model_validate({} if key is None else {"AGENTOS_SECRETS_KEY": key})


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    assert secrets_key(tmp_path, settings()) is None
    made = secrets_key_or_new(tmp_path, settings())

    assert len(made) == 32
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert secrets_key_or_new(tmp_path, settings()) == made == secrets_key(tmp_path, settings())


def test_the_key_of_the_settings_counts_first(tmp_path: Path) -> None:
    secrets_key_or_new(tmp_path, settings())

    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert secrets_key(tmp_path, settings(encode(KEY).decode())) == KEY


@pytest.mark.parametrize("text", ["short", base64.b64encode(b"x" * 16).decode(), "!" * 44])
def test_a_key_of_another_length_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidSettings, match="AGENTOS_SECRETS_KEY: expected 32 random bytes in base64") as refused:
        secrets_key(tmp_path, settings(text))

    assert text not in str(refused.value)
