"""Ports of the embedded stack: a configured one, else the one of last time, else a free one that is remembered."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from infra.errors import StackFailed

FILE = "ports.json"


def choose_port(data_dir: Path, name: str, configured: int | None, preferred: int | None = None) -> int:
    """Give the port for `name`. `configured` is taken or refused; 0 asks for any; `preferred` is tried first.

    Raises `StackFailed` when another process has the configured port.
    """
    if configured:
        if not is_free(configured):
            raise StackFailed(
                f"Expected port {configured} to be free for {name}, found another process on it;"
                " stop that process, or choose another port in the settings"
            )
        return configured
    remembered = _read(data_dir)
    for port in (None if configured == 0 else remembered.get(name), preferred if configured is None else None):
        if port is not None and port not in _others(remembered, name) and is_free(port):
            return _remember(data_dir, name, port)
    return _remember(data_dir, name, free_port())


def free_port() -> int:
    """Give a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Tell whether a server could listen on `port` of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _read(data_dir: Path) -> dict[str, int]:
    path = data_dir / FILE
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _others(remembered: dict[str, int], name: str) -> set[int]:
    return {port for other, port in remembered.items() if other != name}


def _remember(data_dir: Path, name: str, port: int) -> int:
    ports = {**_read(data_dir), name: port}
    (data_dir / FILE).write_text(json.dumps(ports, indent=1, sort_keys=True) + "\n")
    return port
