"""Settings of node workers: how they share their time, what nodes may reach and start, and how models are reached."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, SecretStr, field_validator, model_validator

from infra.setting_group import Group, setting, split_at_commas

#: What a process may be started for.
PROCESS_KINDS: Final = ("python", "js", "shell", "mcp")

Names = Annotated[tuple[str, ...], BeforeValidator(split_at_commas)]


class WorkerSettings(Group):
    """How node workers share their time."""

    concurrency: int = setting(
        "AGENTOS_WORKER_CONCURRENCY", 1000, "Tasks of one node type a worker runs at once.", ge=1, le=100_000
    )
    waiting: int = setting(
        "AGENTOS_WORKER_WAITING", 2000, "Tasks of one type that wait in a worker before it reads no more.", ge=0
    )
    heartbeat_s: float = setting("AGENTOS_HEARTBEAT_S", 5, "How often a long task says that it lives.", gt=0, le=600)
    lease_s: float = setting("AGENTOS_LEASE_S", 20, "How long a silent task counts as alive.", gt=0, le=3600)
    grace_s: float = setting(
        "AGENTOS_WORKER_GRACE_S", 2, "How long tasks may go on after a worker was told to stop.", ge=0, le=4
    )

    @model_validator(mode="after")
    def refuse_a_lease_without_heartbeats(self) -> WorkerSettings:
        """Refuse a lease that runs out before a second heartbeat can come."""
        if self.lease_s < 2 * self.heartbeat_s:
            raise ValueError(
                f"AGENTOS_LEASE_S: expected at least twice AGENTOS_HEARTBEAT_S ({self.heartbeat_s:g}),"
                f" found {self.lease_s:g}"
            )
        return self


class NodeSettings(Group):
    """What nodes may reach, and where their secrets are."""

    http_timeout_s: float = setting("AGENTOS_HTTP_TIMEOUT_S", 30, "How long one HTTP call may take.", gt=0, le=3600)
    http_allow_private: Names = setting(
        "AGENTOS_HTTP_ALLOW_PRIVATE", (), "Private networks, addresses and hosts that HTTP nodes may call, by comma."
    )
    http_body_bytes: int = setting(
        "AGENTOS_HTTP_BODY_BYTES", 1024 * 1024, "Largest body of a response that is read.", ge=1024, le=64 * 1024 * 1024
    )
    nodes_dir: Path | None = setting(
        "AGENTOS_NODES_DIR",
        None,
        "Folder of files with node types, for development: loaded again when they change. Their code is run.",
    )
    secrets_dir: Path | None = setting("AGENTOS_SECRETS_DIR", None, "Folder of files, each a secret of that name.")
    secrets_key: SecretStr | None = setting(
        "AGENTOS_SECRETS_KEY",
        None,
        "Key of the secrets in Postgres: 32 random bytes in base64. Unset: generated into the data folder.",
    )


class ProcessSettings(Group):
    """Which processes tasks may start, and what one of them may take."""

    allowed: Annotated[frozenset[str], BeforeValidator(split_at_commas)] = setting(
        "AGENTOS_ALLOW_PROCESSES",
        frozenset(),
        "Processes that workflows may start, by comma: `python`, `js`, `shell`, `mcp`. Who may publish a workflow may"
        " then run any program as the worker's user.",
    )
    timeout_s: float = setting("AGENTOS_PROCESS_TIMEOUT_S", 60, "How long one process may take.", gt=0, le=3600)
    memory_bytes: int = setting(
        "AGENTOS_PROCESS_MEMORY_BYTES", 512 * 1024 * 1024, "Memory of one process.", ge=16 * 1024 * 1024
    )
    output_bytes: int = setting(
        "AGENTOS_PROCESS_OUTPUT_BYTES", 256 * 1024, "Largest output of one process.", ge=1024, le=16 * 1024 * 1024
    )
    file_bytes: int = setting(
        "AGENTOS_PROCESS_FILE_BYTES", 64 * 1024 * 1024, "Largest file one process may write.", ge=0
    )

    @field_validator("allowed")
    @classmethod
    def refuse_an_unknown_kind(cls, value: Any) -> Any:
        """Refuse what is no kind of process."""
        unknown = sorted(set(value) - set(PROCESS_KINDS))
        if unknown:
            raise ValueError(f"expected some of {', '.join(PROCESS_KINDS)}, found {', '.join(unknown)}")
        return value


class ModelSettings(Group):
    """How language models are reached, and what they cost."""

    gemini_api_key: SecretStr | None = setting("GEMINI_API_KEY", None, "Key for Gemini.")
    google_api_key: SecretStr | None = setting(
        "GOOGLE_API_KEY", None, "Key for Gemini, where GEMINI_API_KEY is not set."
    )
    gemini_address: str | None = setting(
        "GOOGLE_GEMINI_BASE_URL", None, "Where Gemini is, if not at Google. The key goes there, too."
    )
    openai_api_key: SecretStr | None = setting(
        "OPENAI_API_KEY", None, "Key for OpenAI, or for the service at OPENAI_BASE_URL."
    )
    openai_address: str | None = setting(
        "OPENAI_BASE_URL",
        None,
        "A service with OpenAI's protocol, with the path, such as `/v1`. The key goes there, too.",
    )
    prices: Path | None = setting(
        "AGENTOS_MODEL_PRICES", None, "File of prices (TOML or JSON). Unset: costs are unknown."
    )
    scripts: Path | None = setting("AGENTOS_MODEL_SCRIPTS_DIR", None, "Folder of the answers of scripted models.")
