-- One row per workflow and source that serves it, by the mapping or by the decisions seen so far.
select workflow, source
from {{ ref("class_mapping") }}
union
select classes.workflow, mapping.source
from {{ ref("class_mapping") }} as mapping
join {{ ref("decision_classes") }} as classes on mapping.decision_class = classes.decision_class
union
select facts.workflow, facts.source
from {{ ref("fct_decisions_daily") }} as facts
cross join {{ ref("int_run_context") }} as context
where facts.landing_batch <= context.known_batch
