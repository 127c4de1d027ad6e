select
    waivers.as_of,
    waivers.waiver_id,
    waivers.workflow,
    waivers.decision_class,
    waivers.criterion_id,
    waivers.state,
    cast(count(waived.criterion_id) as integer) as waived_verdict_count,
    waivers.requested_by,
    waivers.approved_by,
    waivers.reason,
    waivers.exposure_amount,
    waivers.currency,
    waivers.granted_at,
    waivers.expires_at
from {{ ref("gate_waivers") }} as waivers
left join
    {{ ref("gate_waived") }} as waived
    on waivers.decision_class = waived.decision_class
    and waivers.criterion_id = waived.criterion_id
    and waivers.waiver_id = waived.waiver_id
group by all
