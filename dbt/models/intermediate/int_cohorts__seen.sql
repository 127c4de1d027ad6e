-- One row per class and cohort known by now: first and newest decision, and its number by arrival.
with
    seen as (
        select
            cohorts.decision_class,
            cohorts.cohort_id,
            min(cohorts.first_event_at) as first_event_at,
            max(cohorts.newest_event_at) as newest_event_at
        from {{ ref("fct_cohorts") }} as cohorts
        cross join {{ ref("int_run_context") }} as context
        where
            cohorts.landing_batch <= context.known_batch
            and cast(cohorts.first_event_at as date) <= context.as_of
        group by cohorts.decision_class, cohorts.cohort_id
    )

select
    *,
    row_number() over (
        partition by decision_class order by first_event_at, cohort_id
    ) as cohort_number
from seen
