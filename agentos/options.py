"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra.settings import Settings, load_settings

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder of all data. Default: AGENTOS_DATA_DIR, else .agentos here.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def settings_for(data_dir: Path | None) -> Settings:
    """Give the settings, with another data folder if one is given."""
    settings = load_settings()
    folder = (data_dir or settings.stack.data_dir).expanduser().resolve()
    return settings.model_copy(update={"stack": settings.stack.model_copy(update={"data_dir": folder})})


def data_folder(data_dir: Path | None) -> Path:
    """Give the data folder, which need not exist."""
    return settings_for(data_dir).stack.data_dir
