select
    as_of,
    workflow,
    decision_class,
    rung,
    cast(rung_order as integer) as rung_order,
    target,
    starts_at,
    owner,
    is_begun,
    is_proven,
    verdict,
    reason
from {{ ref("gate_expansion_steps") }}
