with
    totals as (
        select
            context.as_of,
            facts.source,
            facts.workflow,
            facts.action,
            sum(facts.decision_count) as decision_count,
            coalesce(
                sum(facts.decision_count) filter (where facts.event_date > context.as_of - 28), 0
            ) as recent_count,
            min(facts.event_date) as first_date,
            max(facts.event_date) as newest_date
        from {{ ref("fct_undeclared_daily") }} as facts
        cross join {{ ref("int_run_context") }} as context
        where facts.landing_batch <= context.known_batch and facts.event_date <= context.as_of
        group by context.as_of, facts.source, facts.workflow, facts.action
    )

select
    as_of,
    source,
    workflow,
    action,
    cast(decision_count as bigint) as decision_count,
    cast(recent_count as bigint) as decisions_last_28_days_count,
    first_date as first_decision_date,
    newest_date as newest_decision_date
from totals
where decision_count > 0
