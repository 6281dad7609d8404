"""`agentos api`: runs the API, until a signal."""

from __future__ import annotations

import typer

from agentos.approval_desk import approval_desk
from agentos.authoring import fetch_outside, judge
from agentos.options import DataDir, settings_for
from agentos.process_log import log_to_stderr


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("api")(api)


def api(*, data_dir: DataDir = None) -> None:
    """Serve the HTTP API and the web UI. Needs KAFKA_BOOTSTRAP_SERVERS, DATABASE_URL and AGENTOS_TOKEN."""
    from api.server import main

    log_to_stderr()
    settings = settings_for(data_dir)
    main(settings, judge(fetch_outside()), approval_desk(settings))
