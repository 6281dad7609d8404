"""Evaluates programs in process, a JSON line `[program, data]` each: to be killed when one takes too long."""

from __future__ import annotations

import json
import sys
import time

from engine.errors import AgentOSError
from expressions.evaluator import JqEvaluator


def main() -> None:
    """Answer each line with the CPU seconds it took, and whether it ran in process."""
    evaluator = JqEvaluator()
    for line in sys.stdin:
        program, data = json.loads(line)
        began = time.process_time()
        try:
            ran = bool(evaluator.evaluate(program, data, dict.fromkeys(["context"], data).__getitem__))
        except AgentOSError as error:
            ran = type(error).__name__ == "ExpressionFailed"
        sys.stdout.write(json.dumps([time.process_time() - began, ran]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
