"""The roles of AgentOS: processes of which any number may run, on any machine."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.ports import choose_port
from infra.embedded.probes import http_probe
from infra.embedded.process import ProcessSpec
from infra.embedded.stack import Stack
from infra.settings import Settings

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A kind of process. It is there when its `module` and the command that starts it are."""

    name: str
    module: str
    arguments: tuple[str, ...]


#: In the order in which they start.
ROLES = (
    Role(name="orchestrator", module="streams.orchestrator.stage", arguments=("worker", "orchestrator")),
    Role(name="nodes", module="streams.worker", arguments=("worker", "nodes")),
    Role(name="snapshots", module="streams.snapshots", arguments=("worker", "snapshots")),
    Role(name="correlator", module="streams.correlator", arguments=("worker", "correlator")),
    Role(name="lifecycle", module="streams.lifecycle", arguments=("worker", "lifecycle")),
    Role(name="api", module="api.app", arguments=("api",)),
)


def present_roles(settings: Settings) -> tuple[Role, ...]:
    """Give the roles this version has and the settings want."""
    unwanted = {"lifecycle"} if settings.runs.lifecycle_events == "off" else set()
    return tuple(
        role
        for role in ROLES
        if role.name not in unwanted and _exists(role.module) and _exists(f"agentos.commands.{role.arguments[0]}")
    )


def role_process(role: Role, settings: Settings, environment: Mapping[str, str]) -> ProcessSpec:
    """Give the process of `role`, started from the same code as this one."""
    if role.name == "api":
        port = int(environment["AGENTOS_PORT"])
        own = {"AGENTOS_PORT": str(port)}
    else:
        port = choose_port(settings.stack.data_dir, f"{role.name}-health", None)
        own = {"AGENTOS_HEALTH_PORT": str(port)}
    return ProcessSpec(
        name=role.name,
        command=(sys.executable, "-P", "-m", "agentos", *role.arguments),
        environment={**environment, **own},
        probe=http_probe(f"http://127.0.0.1:{port}/health/ready"),
        ports={"http": port},
        start_timeout_s=30,
    )


def role_environment(settings: Settings, stack: Stack, token: str, port: int) -> dict[str, str]:
    """Give what every role must know of the stack it belongs to."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "KAFKA_BOOTSTRAP_SERVERS": stack.kafka.bootstrap_servers,
        "DATABASE_URL": stack.database_url,
        "AGENTOS_DATA_DIR": str(settings.stack.data_dir),
        "AGENTOS_PORT": str(port),
        "AGENTOS_TOKEN": token,
        "AGENTOS_ACT_FOR_OTHERS": "true",
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
    }


def _exists(module: str) -> bool:
    package = ""
    for part in module.split("."):
        package = f"{package}.{part}".lstrip(".")
        if importlib.util.find_spec(package) is None:
            return False
    return True
