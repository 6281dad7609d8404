"""`python -m agentos`, and the installed command `agentos`."""

from __future__ import annotations

import sys

from agentos.cli import run


def main() -> None:
    """Run the command of this process's arguments and exit with its code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
