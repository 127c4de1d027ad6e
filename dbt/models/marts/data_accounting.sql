with
    context as (select * from {{ ref("int_run_context") }}),

    repaired as (
        select
            quarantine.source,
            quarantine."table",
            quarantine.file_sha256,
            cast(count(*) as bigint) as repaired_count
        from {{ source("landing", "quarantine") }} as quarantine
        cross join context
        where quarantine.repaired_batch <= context.known_batch
        group by quarantine.source, quarantine."table", quarantine.file_sha256
    ),

    settled as (
        select
            facts.source,
            facts.source_table,
            facts.file_sha256,
            {%- for settlement in ["counted", "duplicate", "conflict", "superseded"] %}
                cast(sum(facts.{{ settlement }}_count) as bigint) as {{ settlement }}_count
                {{- "," if not loop.last }}
            {%- endfor %}
        from {{ ref("fct_files_settled") }} as facts
        cross join context
        where facts.landing_batch <= context.known_batch
        group by facts.source, facts.source_table, facts.file_sha256
    )

select
    files.source,
    files."table" as source_table,
    files.file_name,
    files.file_sha256,
    files.status,
    files.reason,
    files.unit_count,
    files.landed_count,
    files.quarantined_count,
    files.blank_count,
    coalesce(repaired.repaired_count, 0) as repaired_count,
    coalesce(settled.counted_count, 0) as counted_count,
    coalesce(settled.duplicate_count, 0) as duplicate_count,
    coalesce(settled.conflict_count, 0) as conflict_count,
    coalesce(settled.superseded_count, 0) as superseded_count,
    coalesce(
        files.status = 'landed'
        and files.unit_count = files.landed_count + files.quarantined_count + files.blank_count
        and files.landed_count = coalesce(
            settled.counted_count
            + settled.duplicate_count
            + settled.conflict_count
            + settled.superseded_count,
            0
        ),
        false
    ) as is_accounted,
    files.first_event_at,
    files.last_event_at,
    files.landing_batch,
    files.repairs as repairs_file_sha256,
    coalesce(files.is_frozen, false) as is_frozen
from {{ source("landing", "files") }} as files
cross join context
left join
    repaired
    on files.source = repaired.source
    and files."table" = repaired."table"
    and files.file_sha256 = repaired.file_sha256
left join
    settled
    on files.source = settled.source
    and files."table" = settled.source_table
    and files.file_sha256 = settled.file_sha256
where files.landing_batch <= context.known_batch
