"""Settings of node workers beside those in `infra.settings`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError, field_validator

from infra.errors import InvalidSettings
from infra.settings import Group, setting
from nodes.http.addresses import address_policy


class NodeSettings(Group):
    """What nodes may reach, where their secrets are, and how a worker ends."""

    http_allow_private: tuple[str, ...] = setting(
        "AGENTOS_HTTP_ALLOW_PRIVATE", (), "Private networks, addresses and hosts that HTTP nodes may call, by comma."
    )
    http_body_bytes: int = setting(
        "AGENTOS_HTTP_BODY_BYTES", 1024 * 1024, "Largest body of a response that is read.", ge=1024, le=64 * 1024 * 1024
    )
    secrets_dir: Path | None = setting("AGENTOS_SECRETS_DIR", None, "Folder of files, each a secret of that name.")
    waiting: int = setting(
        "AGENTOS_WORKER_WAITING", 2000, "Tasks of one type that wait in a worker before it reads no more.", ge=0
    )
    grace_s: float = setting(
        "AGENTOS_WORKER_GRACE_S", 2, "How long tasks may go on after a worker was told to stop.", ge=0, le=4
    )

    @field_validator("http_allow_private", mode="before")
    @classmethod
    def split(cls, value: Any) -> Any:
        """Take a text apart at its commas."""
        return [part for part in value.replace(",", " ").split() if part] if isinstance(value, str) else value

    @field_validator("http_allow_private")
    @classmethod
    def refuse_what_is_no_place(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse what is neither a network nor a host."""
        address_policy(value)
        return value


def node_settings(environment: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> NodeSettings:
    """Read the settings from `environment` (the process's own if None), and what it lacks from `env_file`."""
    found = {**dotenv_values(env_file), **(os.environ if environment is None else environment)}
    try:
        return NodeSettings.model_validate({name: value for name, value in found.items() if value})
    except ValidationError as error:
        told = [f"{part['loc'][0]}: {part['msg']}; found {part['input']!r}" for part in error.errors()]
        raise InvalidSettings("\n".join(told)) from None
