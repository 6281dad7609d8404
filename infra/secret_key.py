"""The key that secrets in Postgres are encrypted with: from the settings, else generated once into the data folder."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path

from infra.errors import InvalidSettings
from infra.worker_settings import NodeSettings

FILE = "secrets.key"
KEY_BYTES = 32


def secrets_key(data_dir: Path, settings: NodeSettings) -> bytes | None:
    """Give the key, None if there is none yet. Raises `InvalidSettings` for one of another length."""
    if settings.secrets_key is not None:
        return _key(settings.secrets_key.get_secret_value(), "AGENTOS_SECRETS_KEY")
    path = data_dir / FILE
    return _key(path.read_text(encoding="ascii").strip(), str(path)) if path.exists() else None


def secrets_key_or_new(data_dir: Path, settings: NodeSettings) -> bytes:
    """Give the key; make one that only this user can read if there is none."""
    found = secrets_key(data_dir, settings)
    if found is not None:
        return found
    data_dir.mkdir(parents=True, exist_ok=True)
    made = secrets.token_bytes(KEY_BYTES)
    try:
        descriptor = os.open(data_dir / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return secrets_key_or_new(data_dir, settings)
    with os.fdopen(descriptor, "w") as file:
        file.write(base64.b64encode(made).decode())
    return made


def _key(text: str, where: str) -> bytes:
    try:
        found = base64.b64decode(text, altchars=b"-_" if {"-", "_"} & set(text) else None, validate=True)
    except binascii.Error:
        found = b""
    if len(found) != KEY_BYTES:
        raise InvalidSettings(
            f"{where}: expected {KEY_BYTES} random bytes in base64 (`openssl rand -base64 {KEY_BYTES}`),"
            f" found {len(text)} characters that are none"
        )
    return found
