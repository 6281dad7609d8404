"""Benchmarks on the real stack: `python -m bench [NAME]` measures and writes `bench/results.json`."""
