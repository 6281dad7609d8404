-- name: get_run
select {columns} from runs where run_id = %(run_id)s and kind = 'run'

-- name: list_runs
select {columns} from runs where {conditions} order by {order} limit %(limit)s

-- name: count_runs
select namespace, name, version, status, sum(runs)::bigint as runs
from run_counts
where (%(namespace)s::text is null or namespace = %(namespace)s)
    and (%(name)s::text is null or name = %(name)s)
    and (%(version)s::text is null or version = %(version)s)
group by namespace, name, version, status
having sum(runs) <> 0
order by namespace, name, version, status

-- name: run_commits
select seq, partition, log_offset, at_ms from run_commits
where run_id = %(run_id)s and seq >= coalesce(
    (select max(seq) from run_commits where run_id = %(run_id)s and seq <= %(from_seq)s), 0)
order by seq limit %(limit)s

-- name: newest_state
select seq, commit_offset, state, state_hash from runs where run_id = %(run_id)s

-- name: nearest_state
select seq, commit_offset, state, state_hash from (
    select seq, commit_offset, state, state_hash from snapshots where run_id = %(run_id)s and seq <= %(seq)s
    union all
    select seq, commit_offset, state, state_hash from runs where run_id = %(run_id)s and seq <= %(seq)s
) as known
order by seq desc limit 1

-- name: get_definition
select {columns} from definitions
where namespace = %(namespace)s and name = %(name)s and version = %(version)s

-- name: list_definitions
select namespace, name, version, log_offset, digest, '' as text, '' as document, actor, published_at from definitions
where (%(namespace)s::text is null or namespace = %(namespace)s)
    and (%(name)s::text is null or name = %(name)s)
    and (%(after)s::text[] is null
        or (namespace, name, version) > ((%(after)s::text[])[1], (%(after)s::text[])[2], (%(after)s::text[])[3]))
order by namespace, name, version limit %(limit)s

-- name: list_dead_letters
select letter.partition, letter.log_offset, letter.stage, letter.reason, letter.source_topic, letter.source_partition,
    letter.source_offset, letter.record_key, letter.at, note.at as redriven_at, note.reason as redriven_by
from dead_letters as letter
left join lateral (
    select at, reason from dead_letters
    where stage = 'redrive' and source_partition = letter.partition and source_offset = letter.log_offset
    order by log_offset desc limit 1
) as note on true
where letter.stage <> 'redrive' and (%(before)s::bigint[] is null or (letter.at, letter.partition, letter.log_offset)
    < (timestamptz 'epoch' + (%(before)s::bigint[])[1] * interval '1 microsecond', (%(before)s::bigint[])[2], (%(before)s::bigint[])[3]))
order by letter.at desc, letter.partition desc, letter.log_offset desc limit %(limit)s

-- name: watermarks
select topic, partition, log_offset, head, command_offset, accepted, skipped, updated_at
from watermarks order by topic, partition
