"""The administrator's token: chosen in the settings, else generated once into the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from infra.settings import ServerSettings

FILE = "token"


def administrator_token(data_dir: Path, settings: ServerSettings) -> str:
    """Give the token; make one that only this user can read if there is none."""
    if settings.token is not None:
        return settings.token.get_secret_value()
    path = data_dir / FILE
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text().strip()


def known_token(data_dir: Path, settings: ServerSettings) -> str | None:
    """Give the token if there is one already."""
    if settings.token is None and not (data_dir / FILE).exists():
        return None
    return administrator_token(data_dir, settings)
