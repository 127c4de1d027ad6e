{#- What counts against without a class to name: units that could not be read, and labels or
    selections whose decision is missing. -#}
with
    streams as ({{ penstock.table_streams() }}),

    refused as (
        select
            quarantine.source,
            -- of a table that feeds no stream nobody knows what it might have been
            coalesce(streams.stream, '(unknown)') as stream,
            quarantine.reason_code,
            quarantine.landing_batch as unit_batch,
            quarantine.repaired_batch
        from {{ source("landing", "quarantine") }} as quarantine
        left join
            streams
            on quarantine.source = streams.source
            and quarantine."table" = streams.source_table
        where
            quarantine.file_sha256
            in (select file_sha256 from {{ source("landing", "files") }} where status = 'landed')
    ),

    quarantined as (
        select
            source,
            stream,
            reason_code,
            unit_batch as landing_batch,
            unit_batch,
            cast(count(*) as bigint) as unit_count
        from refused
        group by source, stream, reason_code, unit_batch
        union all
        -- a repair is a fact of its own batch: what was known before it still counts the unit
        select source, stream, reason_code, repaired_batch, unit_batch, cast(- count(*) as bigint)
        from refused
        where repaired_batch is not null
        group by source, stream, reason_code, repaired_batch, unit_batch
    ),

    orphans as (
        select
            source,
            'labels' as stream,
            'label_without_decision' as reason_code,
            landing_batch,
            landing_batch as unit_batch,
            {{ penstock.signed_sum("orphan_count") }} as unit_count
        from {{ ref("int_decisions__changes") }}
        where orphan_count <> 0
        group by source, landing_batch
        union all
        -- an attempt to undo nobody knows what, or a decision of nobody knows which class
        select
            source,
            'reversals',
            'reversal_without_decision',
            landing_batch,
            landing_batch,
            {{ penstock.signed_sum("reversal_count + drill_count") }}
        from {{ ref("int_decisions__changes") }}
        where
            reversal_count + drill_count > 0 and (not has_decision or decision_class = '(unknown)')
        group by source, landing_batch
    ),

    -- a decision whose class nobody knows counts against every class of its source, its label too
    unplaced as (
        select
            source,
            'decisions' as stream,
            'class_unknown' as reason_code,
            landing_batch,
            landing_batch as unit_batch,
            {{ penstock.signed_count("true") }} as unit_count
        from {{ ref("int_decisions__changes") }}
        where has_decision and decision_class = '(unknown)'
        group by source, landing_batch
        union all
        select
            source,
            'labels',
            'class_unknown',
            landing_batch,
            landing_batch,
            {{ penstock.signed_sum("sample_count") }}
        from {{ ref("int_decisions__changes") }}
        where has_decision and decision_class = '(unknown)' and sample_count > 0
        group by source, landing_batch
    ),

    unreadable as (
        select *
        from quarantined
        union all
        select *
        from unplaced
        union all
        select *
        from orphans
    )

select *, '{{ penstock.build_id() }}' as build_id
from unreadable
where {{ penstock.only_new_batches() }}
