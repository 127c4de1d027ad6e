{#- Every change of a verdict that a run recorded, and behind them every verdict of this run, which has
    no line in the ledger yet. A row without a verdict: no longer due from that run on. -#}
with
    recorded as (select * from {{ source("evidence", "recorded_verdicts") }}),

    open_criteria as (
        select
            decision_class,
            segment,
            gate,
            string_agg(
                criterion_id || ' ' || verdict, ', ' order by criterion_order
            ) as open_criteria
        from {{ ref("gate_verdicts") }}
        where verdict not in ('pass', 'not_applicable')
        group by decision_class, segment, gate
    ),

    this_run as (
        select
            ladder.as_of,
            ladder.decision_class,
            ladder.segment,
            ladder.gate,
            ladder.verdict,
            ladder.is_blocked,
            levels.effective_level,
            ladder.cohort_id,
            open_criteria.open_criteria
        from {{ ref("gate_ladder") }} as ladder
        inner join {{ ref("gate_levels") }} as levels using (decision_class, segment)
        left join open_criteria using (decision_class, segment, gate)
    ),

    gone as (
        select decision_class, segment, gate
        from recorded
        except
        select decision_class, segment, gate
        from this_run
    )

select *
from recorded
union all by name
select *
from this_run
union all by name
select gone.*, context.as_of
from gone
cross join {{ ref("int_run_context") }} as context
