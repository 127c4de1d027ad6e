{#- When each cohort of a class was first and last seen, per landing batch. -#}
select
    workflow,
    decision_class,
    cohort_id,
    landing_batch,
    build_id,
    min(occurred_at) as first_event_at,
    max(occurred_at) as newest_event_at
from {{ ref("int_decisions__changes") }}
where sign = 1 and has_decision and not is_conflict and {{ penstock.only_new_batches() }}
group by workflow, decision_class, cohort_id, landing_batch, build_id
