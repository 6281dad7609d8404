-- What looking back needs.

-- When a run was in which situation: a row for each commit after which it was another than before. Only ever added to,
-- so that the number of runs in a status at an instant is a sum over the rows up to it.
create table run_phases (
    run_id text collate "C" not null,
    -- Number of the last event of the commit.
    seq bigint not null,
    partition integer not null,
    at_ms bigint not null,
    status text not null,
    -- The status before; null for the first.
    previous text,
    primary key (run_id, seq)
);

-- Notes that a letter was put back, by the letter they are about.
create index dead_letters_put_back on dead_letters (source_partition, source_offset) where stage = 'redrive';

-- The new table is filled by folding the log again from its beginning.
delete from watermarks where topic = 'events';
