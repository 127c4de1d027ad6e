{#- One row per class and segment that waivers hold where it was: every criterion that keeps the first
    three gates from passing is waived, and the last recorded run had a person approve, or less. A
    waiver lifts nothing, so a class that was not there before is not here. -#}
with
    open_criteria as (
        select decision_class, segment, count(*) as open_count
        from {{ ref("gate_verdicts") }}
        where gate_order <= 3 and coalesce(verdict not in ('pass', 'not_applicable'), true)
        group by decision_class, segment
    ),

    waived as (
        select decision_class, segment, count(*) as waived_count, min(waived_until) as held_until
        from {{ ref("gate_waived") }}
        where gate_order <= 3
        group by decision_class, segment
    )

select waived.decision_class, waived.segment, waived.held_until
from waived
inner join open_criteria using (decision_class, segment)
inner join {{ source("evidence", "recorded_levels") }} as recorded using (decision_class, segment)
where
    waived.waived_count = open_criteria.open_count
    and recorded.effective_level in ('surface', 'delegate_with_audit', 'delegate')
    -- a gate of which nothing is due has no criterion that could be waived
    and (waived.decision_class, waived.segment) not in (
        select (decision_class, segment)
        from {{ ref("gate_ladder") }}
        where gate_order <= 3 and verdict = 'error'
    )
