"""A node worker as its own process: `python -m tests.integration.worker.process TYPE,TYPE`."""

from __future__ import annotations

import logging
import sys

from infra.settings import load_settings
from streams.process import run_stage
from streams.worker.role import node_worker

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    chosen = node_worker(load_settings(), [name for name in sys.argv[1].split(",") if name])
    sys.exit(run_stage(chosen, health_port=load_settings().server.health_port))
