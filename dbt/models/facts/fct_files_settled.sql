{#- What became of a file's landed records: counted, or a duplicate of an earlier one, or in conflict
    with another record of that key, or superseded by a later version. One row per file and landing
    batch that changed it; the four add up to the landed records, or rows are lost. -#}
with
    records as (
        select * from {{ ref("int_records__landed") }} where {{ penstock.only_batches_of_keys() }}
    ),

    touched as (
        select distinct source, source_table, record_key, landing_batch
        from records
        where {{ penstock.only_new_batches() }}
    ),

    phases as (
        select touched.*, signs.sign
        from touched
        cross join
            (
                select -1 as sign
                union all
                select 1 as sign
            ) as signs
    ),

    seen as (
        select
            phases.landing_batch as phase_batch,
            phases.sign,
            records.*,
            row_number() over (
                partition by
                    phases.source,
                    phases.source_table,
                    phases.record_key,
                    phases.landing_batch,
                    phases.sign,
                    records.payload
                order by records.landing_batch, records.file_sha256, records.place
            ) as arrival,
            max(records.version) over phase as newest_version,
            count(*) over phase > count(records.version) over phase as has_unversioned,
            min(records.payload) over phase <> max(records.payload) over phase as has_versions
        from phases
        inner join
            records
            on phases.source = records.source
            and phases.source_table = records.source_table
            and phases.record_key = records.record_key
            and {{ penstock.visible("records") }}
        window
            phase as (
                partition by
                    phases.source,
                    phases.source_table,
                    phases.record_key,
                    phases.landing_batch,
                    phases.sign
            )
    ),

    settled as (
        select
            *,
            case
                when arrival > 1
                then 'duplicate'
                when not has_versions
                then 'counted'
                when has_unversioned
                then 'conflict'
                when version < newest_version
                then 'superseded'
                when
                    count(*) over (
                        partition by
                            source, source_table, record_key, phase_batch, sign, version, arrival
                    )
                    > 1
                then 'conflict'
                else 'counted'
            end as settlement
        from seen
    )

select
    source,
    source_table,
    file_sha256,
    phase_batch as landing_batch,
    '{{ penstock.build_id() }}' as build_id,
    {%- for settlement in ["counted", "duplicate", "conflict", "superseded"] %}
        {{ penstock.signed_count("settlement = '" ~ settlement ~ "'") }}
        as {{ settlement }}_count{{ "," if not loop.last }}
    {%- endfor %}
from settled
group by source, source_table, file_sha256, phase_batch
