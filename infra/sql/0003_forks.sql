-- Which run another one was forked from, and after which of its events: the lineage, to be asked from both ends.
alter table runs add column forked_from text collate "C", add column forked_at_event bigint;

create index runs_by_fork on runs (forked_from, started_at desc) where forked_from is not null;
