{#- What the systems of record did, and how much of it has a decision record. -#}
select
    workflow,
    action_date as event_date,
    landing_batch,
    build_id,
    {{ penstock.signed_sum("action_count") }} as action_count,
    {{ penstock.signed_sum("case when has_decision then action_count end") }} as audited_count
from {{ ref("int_decisions__changes") }}
where action_count > 0 and {{ penstock.only_new_batches() }}
group by workflow, action_date, landing_batch, build_id
