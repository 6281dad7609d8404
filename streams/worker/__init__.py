"""Node workers: they take tasks, run node types, and report results as commands.

Theory of operation. A topic of tasks is read by a Faust agent, in whole fetches. Each record becomes a `Job`; a `Crew`
runs many jobs of its type at once. Whatever ended in one turn of the loop is reported together: one write, one flush,
and only then are the records acknowledged, in order (`Place`). So a task may run twice, with the same idempotency key,
but its result is never lost. A task that takes longer than the heartbeat interval gets a lease from the orchestrator,
is acknowledged, and holds nothing back; if its worker dies, the lease runs out and the task is sent again.

jobs.py       a task under way
place.py      acknowledging a partition in order
crew.py       many jobs of one node type at once
execution.py  one job: arguments, node, result
repeating.py  a node run again within an attempt, as its retry rules say
arguments.py  parts of arguments that need secrets; secrets.py finds those, redaction.py blacks them out
results.py    results to the log, then acknowledgements
watch.py      deadlines and heartbeats
progress.py   what is shown live
figures.py    what is counted; lag.py looks at what is waiting, and ends a worker that stands still
worker.py     all of it for the node types of a process; role.py makes one from the settings
"""
