"""The rules of a run, pure: no clock, no randomness, no I/O, only the standard library."""
