with
    context as (select * from {{ ref("int_run_context") }}),

    streams as (
        select source, source_table, string_agg(stream, ', ' order by stream) as streams
        from ({{ penstock.table_streams() }}) as fed
        group by source, source_table
    ),

    refused as (
        select
            quarantine.*,
            coalesce(quarantine.repaired_batch <= context.known_batch, false) as is_repaired
        from {{ source("landing", "quarantine") }} as quarantine
        cross join context
        where
            quarantine.landing_batch <= context.known_batch
            and quarantine.file_sha256
            in (select file_sha256 from {{ source("landing", "files") }} where status = 'landed')
    )

select
    refused.source,
    refused."table" as source_table,
    coalesce(streams.streams, '(unknown)') as streams,
    refused.file_name,
    refused.file_sha256,
    refused.reason_code,
    cast(count(*) as bigint) as unit_count,
    cast(count(*) filter (where refused.is_repaired) as bigint) as repaired_count,
    cast(count(*) filter (where not refused.is_repaired) as bigint) as open_count,
    array_to_string(
        list(refused.place order by refused.place) filter (where not refused.is_repaired)[:5], ', '
    ) as first_open_places,
    refused.landing_batch
from refused
left join streams on refused.source = streams.source and refused."table" = streams.source_table
group by
    refused.source,
    refused."table",
    streams.streams,
    refused.file_name,
    refused.file_sha256,
    refused.reason_code,
    refused.landing_batch
