-- name: take_turn
select pg_try_advisory_lock(%s)

-- name: secondary_indexes
select index.relname, pg_get_indexdef(index.oid) from pg_class as index
join pg_namespace as space on space.oid = index.relnamespace
join pg_index as facts on facts.indexrelid = index.oid
where space.nspname = %s and not facts.indisunique

-- name: key_columns
select part.attname from pg_index as facts
join pg_attribute as part on part.attrelid = facts.indrelid and part.attnum = any(facts.indkey)
where facts.indrelid = to_regclass(%s) and facts.indisprimary
order by array_position(facts.indkey::int2[], part.attnum)

-- name: columns
select attname from pg_attribute
where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum

-- name: live_watermarks
select partition, log_offset from {schema}.watermarks where topic = %s

-- name: digest
select encode(sha256(coalesce(string_agg(run_id || state_hash, ',' order by run_id), '')::bytea), 'hex') from {table}
where %(partition)s::integer is null or partition = %(partition)s

-- name: differing
select concat_ws('/', {keys}) from (select * from {live} where {where}) as live
{join} (select * from {fresh} where {where}) as fresh using ({keys})
where row({live_rest}) is distinct from row({fresh_rest}) order by 1

-- name: seed_commits
insert into {fresh}.run_commits select * from {live}.run_commits where partition = %(partition)s and log_offset < %(below)s

-- name: seed_snapshots
insert into {fresh}.snapshots select * from {live}.snapshots where partition = %(partition)s and commit_offset < %(below)s

-- name: seed_phases
insert into {fresh}.run_phases select * from {live}.run_phases as phase
where partition = %(partition)s and not exists (
    select from {live}.run_commits as later
    where later.run_id = phase.run_id and later.log_offset >= %(below)s and later.seq <= phase.seq)

-- name: seed_runs
insert into {fresh}.runs select * from {live}.runs where partition = %(partition)s and commit_offset < %(below)s

-- name: seed_timers
insert into {fresh}.timers select timer.* from {live}.timers as timer join {fresh}.runs as run on run.run_id = timer.run_id
where timer.partition = %(partition)s

-- name: seed_approvals
insert into {fresh}.approvals select * from {live}.approvals where partition = %(partition)s

-- name: seed_watermark
insert into {fresh}.watermarks (topic, partition, log_offset, head, command_offset, accepted, skipped)
select 'events', %(partition)s, %(below)s - 1, %(head)s, %(command_offset)s, count(*), %(below)s - count(*)
from {fresh}.run_commits

-- name: last_commit_below
select max(log_offset) from {live}.run_commits where partition = %(partition)s and log_offset < %(below)s

-- name: states_from
select run_id, state from {fresh}.runs where partition = %(partition)s and commit_offset >= %(below)s

-- name: clear_timers
delete from {fresh}.timers where run_id = any(%(run_ids)s)

-- name: clear_counts
delete from {fresh}.run_counts where partition = %(partition)s

-- name: recount
insert into {fresh}.run_counts (partition, namespace, name, version, status, runs)
select partition, namespace, name, version, status, count(*) from {fresh}.runs
where partition = %(partition)s and kind = 'run'
group by partition, namespace, name, version, status

-- name: head
select head from {schema}.watermarks where topic = 'events' and partition = %s
