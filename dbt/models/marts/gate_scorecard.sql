with
    worst as (
        select
            decision_class,
            segment,
            gate,
            string_agg(
                criterion_id,
                ', '
                order by {{ penstock.verdict_rank("verdict") }} desc, criterion_order
            ) filter (where verdict not in ('pass', 'not_applicable')) as open_criteria,
            arg_max(
                criterion_id || coalesce(': ' || reason, ''),
                {{ penstock.verdict_rank("verdict") }} * 100 - criterion_order
            ) filter (where verdict not in ('pass', 'not_applicable')) as first_reason,
            -- what is shown to be bad needs no more labels: they would not help
            max(n_needed) filter (
                where
                    criterion_id = 'accuracy' and verdict not in ('pass', 'not_applicable', 'fail')
            ) as labels_needed
        from {{ ref("gate_verdicts") }}
        group by decision_class, segment, gate
    ),

    waived as (
        select
            decision_class,
            segment,
            gate,
            string_agg(criterion_id, ', ' order by criterion_id) as waived_criteria
        from {{ ref("gate_waived") }}
        group by decision_class, segment, gate
    )

select
    ladder.as_of,
    validity.valid_until_date,
    ladder.workflow,
    ladder.decision_class,
    ladder.segment,
    ladder.cohort_id,
    ladder.gate,
    cast(ladder.gate_order as integer) as gate_order,
    ladder.verdict,
    ladder.is_blocked,
    cast(ladder.pass_count as integer) as pass_count,
    cast(ladder.criterion_count - ladder.not_applicable_count as integer) as due_count,
    worst.open_criteria,
    waived.waived_criteria,
    worst.first_reason,
    worst.labels_needed
from {{ ref("gate_ladder") }} as ladder
inner join {{ ref("gate_validity") }} as validity using (decision_class, segment, gate)
left join worst using (decision_class, segment, gate)
left join waived using (decision_class, segment, gate)
