"""Writes the OpenAPI description, of which the web UI's types are made: `python -m api.openapi FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from api.app import application


def main(arguments: list[str]) -> None:
    """Write the description into the named file."""
    app, _ = application()
    Path(arguments[0]).write_text(json.dumps(app.openapi(), indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
