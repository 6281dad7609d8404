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
