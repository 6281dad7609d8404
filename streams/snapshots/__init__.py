"""The snapshots stage: folds the events topic into Postgres, where the API and the orchestrator read it.

Theory of operation. The log is the truth, Postgres an index and a cache of it. Per partition a fold (`fold.py`) accepts
the commits that continue the chain, applies them to states in memory, and remembers what changed; states of runs that
are not in memory come from Postgres in one query a batch. Every so often everything that changed is written in one
transaction together with the partitions' watermarks (`infra/snapshots_store.py`): offset, chain digest, counts. The
write is refused when a watermark is not the one the fold began from, so a zombie writes nothing. Position is the
watermark alone; Kafka's committed offsets only tell where Faust begins, and what Postgres lacks below them is read from
the log.

fold.py        one partition: which commits fit, what they change, what is not written yet
projection.py  from a state to the rows of it
stage.py       all partitions: take records, write; blocking, without Faust
patience.py    doing things again until Postgres and Kafka are there
agent.py       the stage as a Faust agent; index.py the same for definitions and dead letters
figures.py     metrics
role.py        the process, put together
"""
