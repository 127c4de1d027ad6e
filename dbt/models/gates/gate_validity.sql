{#- One row per class, segment and gate: the last day on which its pass may be relied on without another run.
    No later than anything it rests on: evidence grows too old, a threshold changes, a signature or an
    owner's term ends. Of a gate that does not pass, the day on which the run is too old. -#}
with
    own as (select * from {{ ref("gate_verdicts") }} where verdict = 'pass'),

    -- what is measured per segment passes for `all` only while it passes in every segment
    passed as (
        select *
        from own
        union all
        select * replace ('all' as segment)
        from own
        where scope = 'segment'
    ),

    terms as (
        select workflow, role, max(ends_on) as ends_on
        from {{ ref("int_owners__active") }}
        group by workflow, role
    ),

    ends as (
        select
            decision_class,
            segment,
            gate,
            -- of which the day is unknown holds today
            coalesce(evidence_newest_date + cast(max_age_days as integer), as_of) as last_date
        from passed

        union all

        select passed.decision_class, passed.segment, passed.gate, thresholds.effective_from - 1
        from passed
        inner join
            {{ ref("thresholds") }} as thresholds
            on passed.criterion_id = thresholds.criterion_id
            and passed.decision_class = coalesce(thresholds.decision_class, passed.decision_class)
            and passed.as_of < thresholds.effective_from

        union all

        select passed.decision_class, passed.segment, passed.gate, terms.ends_on - 1
        from passed
        inner join terms on passed.workflow = terms.workflow
        where passed.criterion_id = 'owners_named'

        union all

        select passed.decision_class, passed.segment, passed.gate, signatures.ends_on - 1
        from passed
        inner join
            {{ ref("gate_signatures") }} as signatures
            on passed.decision_class = signatures.decision_class
            and passed.segment = signatures.segment
            and passed.criterion_id = 'signed_by_' || signatures.role
    ),

    first_end as (
        select decision_class, segment, gate, min(last_date) as last_date
        from ends
        group by decision_class, segment, gate
    )

select
    ladder.decision_class,
    ladder.segment,
    ladder.gate,
    ladder.gate_order,
    {{ penstock.last_valid_date("ladder.as_of") }} as run_until_date,
    case
        when ladder.verdict = 'pass'
        then least(run_until_date, coalesce(first_end.last_date, ladder.as_of))
        else run_until_date
    end as valid_until_date
from {{ ref("gate_ladder") }} as ladder
left join first_end using (decision_class, segment, gate)
