with
    totals as (
        select
            workflow,
            decision_class,
            cohort_id,
            sum(decision_count) as decision_count,
            sum(labelled_count) as labelled_count,
            sum(wrong_count) as wrong_count,
            sum(priced_count) as priced_count,
            sum(cost_amount) as cost_amount,
            sum(input_token_count + output_token_count) as token_count
        from {{ ref("decision_class_metrics") }}
        where segment = 'all'
        group by workflow, decision_class, cohort_id
    ),

    newest as (
        select
            decision_class,
            cohort_id,
            row_number() over (
                partition by decision_class order by newest_event_at desc, cohort_id desc
            )
            = 1 as is_current
        from {{ ref("int_cohorts__seen") }}
    )

select
    totals.workflow,
    totals.decision_class,
    totals.cohort_id,
    coalesce(newest.is_current, false) as is_current,
    cast(totals.decision_count as bigint) as decision_count,
    cast(totals.labelled_count as bigint) as labelled_count,
    cast(totals.wrong_count as bigint) as wrong_count,
    cast(totals.token_count as bigint) as token_count,
    cast(totals.decision_count - totals.priced_count as bigint) as unpriced_count,
    cast(totals.cost_amount as decimal(28, 9)) as cost_amount
from totals
left join newest using (decision_class, cohort_id)
