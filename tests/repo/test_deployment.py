from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.settings import GROUPS

ROLES = ("api", "orchestrator", "nodes", "snapshots", "correlator", "lifecycle")
SECRETS = {"AGENTOS_TOKEN": "made-for-this-test", "POSTGRES_PASSWORD": "made-for-this-test"}


@pytest.fixture(scope="module")
def services(root: Path) -> dict[str, Any]:
    return dict(YAML(typ="safe").load(root / "docker-compose.yml")["services"])


@pytest.fixture(scope="module")
def compose() -> list[str]:
    """Give the command that reads compose files: Docker's plugin, or the older program of the same name."""
    plugin = ["docker", "compose"]
    if (
        shutil.which("docker")
        and subprocess.run([*plugin, "version"], check=False, capture_output=True).returncode == 0
    ):
        return plugin
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    assert not os.environ.get("CI"), "CI must have docker compose or docker-compose; .ci/run installs it"
    pytest.skip("neither docker compose nor docker-compose is on this machine")


def config(compose: list[str], root: Path, secrets: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Check the file with these secrets alone: a copy without `.env` beside it, and a bare environment."""
    outside = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME"}}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(root / "docker-compose.yml", folder)
        command = [*compose, "config", "--quiet"]
        return subprocess.run(command, check=False, cwd=folder, env=outside | secrets, capture_output=True, text=True)


def test_compose_accepts_the_file(compose: list[str], root: Path) -> None:
    result = config(compose, root, SECRETS)

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("missing", SECRETS)
def test_nothing_starts_without_each_secret(compose: list[str], root: Path, missing: str) -> None:
    result = config(compose, root, {name: value for name, value in SECRETS.items() if name != missing})

    assert result.returncode != 0
    assert missing in result.stderr


def test_each_role_has_a_container_of_its_own(services: dict[str, Any]) -> None:
    assert set(services) == {"kafka", "postgres", "prepare", *ROLES}
    assert {services[role]["command"][-1] for role in ROLES} == set(ROLES)


def test_every_container_is_an_ordinary_user_without_privileges(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["user"].split(":")[0] not in {"", "0", "root"}, name
        assert service["cap_drop"] == ["ALL"], name
        assert re.search(r":\d", service["image"]), f"{name}: pin a version"


def test_every_container_that_stays_is_asked_for_its_health(services: dict[str, Any]) -> None:
    unasked = {name for name, service in services.items() if "healthcheck" not in service}

    assert unasked == {"prepare"}


def test_every_role_waits_for_prepared_stores_and_writes_nowhere(services: dict[str, Any]) -> None:
    for role in ROLES:
        assert services[role]["depends_on"] == {
            "kafka": {"condition": "service_healthy"},
            "postgres": {"condition": "service_healthy"},
            "prepare": {"condition": "service_completed_successfully"},
        }, role
        assert services[role]["read_only"] is True, role


def test_data_survives_in_named_volumes_and_only_loopback_is_published(services: dict[str, Any]) -> None:
    assert services["kafka"]["volumes"] == ["kafka:/var/lib/kafka/data"]
    assert services["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_no_secret_has_a_default(root: Path) -> None:
    text = (root / "docker-compose.yml").read_text()
    for secret in SECRETS:
        uses = re.findall(rf"\$\{{{secret}([^}}]*)\}}", text)
        assert uses, secret
        assert [use for use in uses if not use.startswith(":?")] == [], secret


def test_the_image_ends_as_an_ordinary_user_with_a_health_check(root: Path) -> None:
    text = (root / "Dockerfile").read_text()

    assert re.findall(r"^USER (\S+)", text, flags=re.MULTILINE)[-1] == "10001:10001"
    assert "/health/live" in text
    assert "scripts/image-steps.sh" in text


def test_compose_sets_no_setting_that_does_not_exist(services: dict[str, Any]) -> None:
    known = {str(field.validation_alias) for group in GROUPS.values() for field in group.model_fields.values()}

    assert {name for role in ROLES for name in services[role]["environment"]} <= known
