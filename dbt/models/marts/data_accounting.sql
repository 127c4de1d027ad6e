with context as (select * from {{ ref("int_run_context") }})

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
    coalesce(
        files.status = 'landed'
        and files.unit_count = files.landed_count + files.quarantined_count + files.blank_count,
        false
    ) as is_accounted,
    files.first_event_at,
    files.last_event_at,
    files.landing_batch
from {{ source("landing", "files") }} as files
cross join context
where files.landing_batch <= context.known_batch
