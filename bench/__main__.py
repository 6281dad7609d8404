"""`python -m bench [NAME ...]`: measures and writes `bench/results.json` with median and range of several runs."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from bench.scenarios import FIGURES, SCENARIOS
from bench.stack import stores

RESULTS = Path(__file__).parent / "results.json"
RUNS = 3

Measured = dict[str, dict[str, object]]


def main() -> int:
    """Measure what is asked for; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(SCENARIOS)}, or a figure such as inline_3_step_per_s")
    parser.add_argument("--runs", type=int, default=RUNS, help="how often each is measured (default: %(default)s)")
    arguments = parser.parse_args()
    chosen = _chosen(arguments.names)
    if not chosen:
        parser.error(f"expected names of {', '.join(SCENARIOS)}; found {arguments.names}")
    with tempfile.TemporaryDirectory(prefix="agentos-bench-") as folder, stores(Path(folder)) as on:
        figures: dict[str, list[tuple[float, str]]] = {}
        for turn in range(arguments.runs):
            for name in chosen:
                for figure, value in SCENARIOS[name](on, turn).items():
                    figures.setdefault(figure, []).append(value)
                    print(f"{turn + 1}/{arguments.runs} {figure}: {value[0]:.1f} {value[1]}", flush=True)
    _write(figures)
    return 0


def _chosen(names: list[str]) -> list[str]:
    """Give the scenarios to run: all, or those named or with the figures named; raw Kafka is always among them."""
    if not names:
        return list(SCENARIOS)
    unknown = [name for name in names if name not in SCENARIOS and name not in FIGURES]
    if unknown:
        return []
    wanted = {"raw", *(FIGURES.get(name, name) for name in names)}
    return [scenario for scenario in SCENARIOS if scenario in wanted]


def _write(figures: dict[str, list[tuple[float, str]]]) -> None:
    """Merge the figures into the results, with the ratio to raw Kafka of the same run."""
    results: Measured = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    raw = [value for value, _ in figures.get("raw_produce_per_s", [])]
    for name, values in sorted(figures.items()):
        numbers = [value for value, _ in values]
        results[name] = {
            "median": round(statistics.median(numbers), 3),
            "min": round(min(numbers), 3),
            "max": round(max(numbers), 3),
            "unit": values[0][1],
            "runs": len(numbers),
        }
        if raw and name.endswith("_per_s"):
            results[name]["ratio_to_raw_produce"] = round(statistics.median(numbers) / statistics.median(raw), 4)
    RESULTS.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
    print(f"wrote {RESULTS.name}")


if __name__ == "__main__":
    sys.exit(main())
