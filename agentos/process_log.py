"""The log of a role's process: lines on standard error, which the supervisor or the container keeps."""

from __future__ import annotations

import faulthandler
import logging
import sys


def log_to_stderr() -> None:
    """Log from INFO on, one line for each record. Libraries speak up from WARNING on.

    When the process dies of a library's fault, the Python stacks of its threads are the last lines.
    """
    faulthandler.enable()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for package in ("agentos", "api", "infra", "nodes", "streams"):
        logging.getLogger(package).setLevel(logging.INFO)
    logging.getLogger("infra.kafka.librdkafka").setLevel(logging.CRITICAL)
