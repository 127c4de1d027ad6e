select
    classes.workflow,
    shown.decision_class,
    shown.cohort_id,
    shown.accuracy_limit,
    shown.labelled_count,
    shown.trial_count,
    shown.design_effect,
    shown.effective_count,
    shown.p_value,
    shown.p_adjusted,
    shown.e_value,
    shown.e_adjusted
from {{ source("evidence", "error_evidence") }} as shown
inner join {{ ref("int_run_context") }} as context using (as_of, known_batch)
inner join {{ ref("decision_classes") }} as classes using (decision_class)
