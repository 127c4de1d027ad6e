{#- Evidence about rails (drills, evaluation runs, access reviews) by component, day and result. The
    stream has no id: the same record twice is one. Not so where the time is unknown, which may be what
    told two failed drills apart. -#}
-- depends_on: {{ ref("int_records__landed") }}
with
    rails as ({{ penstock.union_stream("rail_evidence") }}),

    firsts as (
        select
            *,
            row_number() over (
                partition by
                    _payload_sha256,
                    case
                        when {{ penstock.known_time("observed_at") }} is null
                        then _file_sha256 || ' ' || cast(_place as varchar)
                    end
                order by _landing_batch
            ) as arrival
        from rails
    )

select
    rail,
    workflow,
    component,
    coalesce(result, '(unknown)') as result,
    cast({{ penstock.known_time("observed_at") }} as date) as event_date,
    _landing_batch as landing_batch,
    '{{ penstock.build_id() }}' as build_id,
    cast(count(*) as bigint) as observation_count
from firsts
where
    arrival = 1
    and {{ penstock.only_new_batches("_landing_batch") }}
    and not (
        {{ penstock.repeats_disposed() }} and {{ penstock.known_time("observed_at") }} is not null
    )
group by
    rail,
    workflow,
    component,
    coalesce(result, '(unknown)'),
    cast({{ penstock.known_time("observed_at") }} as date),
    _landing_batch
