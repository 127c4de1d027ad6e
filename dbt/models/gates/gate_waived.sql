{#- One row per class, segment and criterion that does not pass and is waived. The verdict stays what it
    is. What could not be judged at all cannot be borne either. -#}
select
    verdicts.decision_class,
    verdicts.segment,
    verdicts.gate,
    verdicts.gate_order,
    verdicts.criterion_id,
    min(waivers.waiver_id) as waiver_id,
    max(waivers.expires_at) as waived_until
from {{ ref("gate_verdicts") }} as verdicts
inner join
    {{ ref("gate_waivers") }} as waivers
    on verdicts.decision_class = waivers.decision_class
    and verdicts.criterion_id = waivers.criterion_id
    and waivers.state = 'open'
where verdicts.verdict in ('fail', 'stale', 'insufficient')
group by
    verdicts.decision_class,
    verdicts.segment,
    verdicts.gate,
    verdicts.gate_order,
    verdicts.criterion_id
