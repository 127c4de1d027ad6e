{#- One row per class, segment and gate: the worst of its due criteria, and whether an earlier gate
    blocks it. -#}
with
    gates as (
        select
            as_of,
            workflow,
            decision_class,
            segment,
            cohort_id,
            declared_level,
            gate,
            gate_order,
            count(*) as criterion_count,
            count(*) filter (where verdict = 'pass') as pass_count,
            count(*) filter (where verdict = 'not_applicable') as not_applicable_count,
            max({{ penstock.verdict_rank("verdict") }}) as worst_rank
        from {{ ref("gate_verdicts") }}
        group by
            as_of, workflow, decision_class, segment, cohort_id, declared_level, gate, gate_order
    ),

    judged as (
        select
            *,
            case
                when
                    worst_rank = 1
                    and pass_count > 0
                    and pass_count + not_applicable_count = criterion_count
                then 'pass'
                when worst_rank = 4
                then 'fail'
                when worst_rank = 3
                then 'stale'
                when worst_rank = 2
                then 'insufficient'
                else 'error'
            end as verdict
        from gates
    )

select
    * exclude (worst_rank),
    coalesce(
        bool_or(verdict is distinct from 'pass') over (
            partition by decision_class, segment
            order by gate_order
            rows between unbounded preceding and 1 preceding
        ),
        false
    ) as is_blocked
from judged
