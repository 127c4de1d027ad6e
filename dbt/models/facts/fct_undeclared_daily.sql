{#- What agents did outside the inventory: decisions that no rule takes, by the action they name. -#}
select
    source,
    workflow,
    coalesce(action, '(none)') as action,
    event_date,
    landing_batch,
    build_id,
    {{ penstock.signed_count("true") }} as decision_count
from {{ ref("int_decisions__changes") }}
where has_decision and decision_class = '(undeclared)' and {{ penstock.only_new_batches() }}
group by source, workflow, action, event_date, landing_batch, build_id
