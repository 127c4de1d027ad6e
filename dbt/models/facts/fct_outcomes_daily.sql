{#- Outcomes by class, name and label, whether or not they decide; an outcome counts in the batch
    that first brought its id. -#}
with
    outcomes as ({{ penstock.union_stream("outcomes") }}),

    firsts as (
        select
            *,
            row_number() over (
                partition by outcome_id order by _landing_batch, _payload_sha256
            ) as arrival
        from outcomes
    )

select
    firsts.source,
    firsts.workflow,
    coalesce(mapping.decision_class, '(unknown)') as decision_class,
    firsts.outcome,
    firsts.label,
    cast(firsts.observed_at as date) as event_date,
    firsts._landing_batch as landing_batch,
    '{{ penstock.build_id() }}' as build_id,
    cast(count(*) as bigint) as outcome_count
from firsts
left join
    {{ ref("class_mapping") }} as mapping
    on firsts.source = mapping.source
    and firsts.workflow = mapping.workflow
    and firsts.action = mapping.match_value
where firsts.arrival = 1 and {{ penstock.only_new_batches("firsts._landing_batch") }}
group by
    firsts.source,
    firsts.workflow,
    coalesce(mapping.decision_class, '(unknown)'),
    firsts.outcome,
    firsts.label,
    cast(firsts.observed_at as date),
    firsts._landing_batch
