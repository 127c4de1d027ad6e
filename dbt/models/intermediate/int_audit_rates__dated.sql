-- One row per class and period: the inclusion probability by which Penstock draws the audit sample.
select
    decision_class,
    inclusion_probability,
    valid_from,
    lead(valid_from) over (partition by decision_class order by valid_from) as valid_until
from {{ ref("audit_rates") }}
