{#- When the evidence of a class will be enough: per criterion that gathers trials, its slowest segment. -#}
select
    plans.as_of,
    classes.workflow,
    plans.decision_class,
    plans.criterion_id,
    plans.segment,
    plans.cohort_id,
    plans.planning_error,
    plans.planned_count,
    plans.trial_count,
    plans.needed_count,
    plans.daily_count,
    plans.expected_date,
    plans.reason
from {{ source("evidence", "plans") }} as plans
inner join {{ ref("int_run_context") }} as context using (as_of, known_batch)
inner join {{ ref("decision_classes") }} as classes using (decision_class)
