"""What an expression may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of every evaluation, in process and outside."""

    #: How long an evaluation outside may take.
    deadline_s: float = 2.0
    #: How much memory an evaluator process may have, the interpreter included.
    memory_bytes: int = 256 * 1024 * 1024
    #: How long the result may be, as JSON text.
    output_bytes: int = 1024 * 1024
    #: How long the data and all variables may be together, as JSON text.
    input_bytes: int = 4 * 1024 * 1024
    #: How long an evaluation in process may take in the worst case; what may take longer is evaluated outside. One that
    #: fails takes up to twice that: it is run again to find the place.
    in_process_budget_s: float = 0.02
    #: How deep arrays and objects of the result may nest.
    depth: int = 500
    #: How many compiled programs are kept.
    programs: int = 2048
