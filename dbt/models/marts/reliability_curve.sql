select
    classes.workflow,
    shown.decision_class,
    shown.segment,
    shown.cohort_id,
    shown.confidence_method,
    shown.confidence_from,
    shown.confidence_to,
    shown.labelled_count,
    shown.mean_confidence,
    shown.accuracy,
    shown.accuracy_lower,
    shown.accuracy_upper
from {{ source("evidence", "reliability") }} as shown
inner join {{ ref("int_run_context") }} as context using (as_of, known_batch)
inner join {{ ref("decision_classes") }} as classes using (decision_class)
