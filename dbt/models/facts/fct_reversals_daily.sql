{#- Undo attempts and undo drills, by the day of the decision they undo. -#}
select
    workflow,
    decision_class,
    event_date,
    landing_batch,
    build_id,
    {{ penstock.signed_sum("reversal_count") }} as attempt_count,
    {{ penstock.signed_sum("reversal_succeeded_count") }} as succeeded_count,
    {{ penstock.signed_sum("drill_count") }} as drill_count,
    {{ penstock.signed_sum("drill_succeeded_count") }} as drill_succeeded_count
from {{ ref("int_decisions__changes") }}
where has_decision and reversal_count + drill_count > 0 and {{ penstock.only_new_batches() }}
group by workflow, decision_class, event_date, landing_batch, build_id
