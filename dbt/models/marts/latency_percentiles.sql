select
    classes.workflow,
    shown.decision_class,
    shown.segment,
    shown.cohort_id,
    shown.decision_count,
    shown.unmeasured_count,
    shown.p50_ms,
    shown.p95_ms,
    shown.p95_bound_ms,
    shown.p99_ms,
    shown.p99_bound_ms
from {{ source("evidence", "latency_percentiles") }} as shown
inner join {{ ref("int_run_context") }} as context using (as_of, known_batch)
inner join {{ ref("decision_classes") }} as classes using (decision_class)
