"""The lifecycle stage: tells the world how runs and tasks are doing, as the standard's CloudEvents.

Theory of operation. It reads the events topic as every reader does: a commit counts if it continues the chain. Each
partition is folded from the log's beginning, because what a commit means to others depends on what was before; up to
the group's committed offset that is done in silence. Runs that ended are forgotten, faulted ones are kept for a while,
as an operator may take them up again. Ids are derived, so what is told twice has the same id.

story.py   one partition: the chain, the live runs, and what is told of a commit; no I/O
stage.py   the process, put together
"""
