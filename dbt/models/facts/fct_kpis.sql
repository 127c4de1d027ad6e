{#- One row per metric, scope, period and landing batch, newest value of that batch. -#}
with kpis as ({{ penstock.union_stream("kpis") }})

select
    source,
    metric,
    coalesce(workflow, '(unknown)') as workflow,
    decision_class,
    coalesce(segment, 'all') as segment,
    period_start,
    grain,
    unit,
    currency,
    _landing_batch as landing_batch,
    '{{ penstock.build_id() }}' as build_id,
    min(value) as value,
    cast(count(distinct value) as bigint) as value_count
from kpis
where {{ penstock.only_new_batches("_landing_batch") }}
group by
    source,
    metric,
    coalesce(workflow, '(unknown)'),
    decision_class,
    coalesce(segment, 'all'),
    period_start,
    grain,
    unit,
    currency,
    _landing_batch
