select
    classes.workflow,
    shown.decision_class,
    shown.segment,
    shown.cohort_id,
    shown.confidence_method,
    shown.decision_count,
    shown.confident_count,
    shown.covered_count,
    shown.coverage,
    shown.operating_confidence,
    shown.selected_count,
    shown.labelled_count,
    shown.effective_count,
    shown.brier,
    shown.reliability,
    shown.resolution,
    shown.uncertainty,
    shown.within_bin,
    shown.ece,
    shown.ece_lower,
    shown.ece_upper,
    shown.ece_by_chance
from {{ source("evidence", "confidence") }} as shown
inner join {{ ref("int_run_context") }} as context using (as_of, known_batch)
inner join {{ ref("decision_classes") }} as classes using (decision_class)
