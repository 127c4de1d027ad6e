select
    classes.workflow,
    shown.decision_class,
    shown.pair_count,
    shown.both_right_count,
    shown.first_wrong_count,
    shown.second_wrong_count,
    shown.both_wrong_count,
    shown.agreement,
    shown.kappa,
    shown.ac1
from {{ source("evidence", "agreement") }} as shown
inner join {{ ref("int_run_context") }} as context using (as_of, known_batch)
inner join {{ ref("decision_classes") }} as classes using (decision_class)
