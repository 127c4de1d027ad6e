with
    context as (select * from {{ ref("int_run_context") }}),

    decisions as (
        select
            facts.workflow,
            facts.decision_class,
            facts.segment,
            facts.cohort_id,
            facts.event_date,
            sum(facts.decision_count) as decision_count,
            sum(facts.decision_count) filter (where facts.route = 'human') as human_route_count,
            sum(facts.failed_count) as failed_count,
            sum(facts.unreadable_count) as unreadable_count,
            sum(facts.priced_count) as priced_count,
            sum(facts.cost_amount) as cost_amount,
            sum(facts.input_token_count) as input_token_count,
            sum(facts.output_token_count) as output_token_count
        from {{ ref("fct_decisions_daily") }} as facts
        cross join context
        where facts.landing_batch <= context.known_batch and facts.event_date <= context.as_of
        group by
            facts.workflow, facts.decision_class, facts.segment, facts.cohort_id, facts.event_date
    ),

    samples as (
        select
            facts.decision_class,
            facts.segment,
            facts.cohort_id,
            facts.event_date,
            sum(facts.selected_count) as selected_count,
            sum(facts.labelled_count) as labelled_count,
            sum(facts.wrong_count) as wrong_count
        from {{ ref("fct_samples_weekly") }} as facts
        cross join context
        where facts.landing_batch <= context.known_batch and facts.event_date <= context.as_of
        group by facts.decision_class, facts.segment, facts.cohort_id, facts.event_date
    )

select
    decisions.workflow,
    decisions.decision_class,
    decisions.segment,
    decisions.cohort_id,
    decisions.event_date,
    cast(decisions.decision_count as bigint) as decision_count,
    cast(coalesce(decisions.human_route_count, 0) as bigint) as human_route_count,
    cast(decisions.failed_count as bigint) as failed_count,
    cast(decisions.unreadable_count as bigint) as unreadable_count,
    cast(coalesce(samples.selected_count, 0) as bigint) as selected_count,
    cast(coalesce(samples.labelled_count, 0) as bigint) as labelled_count,
    cast(coalesce(samples.wrong_count, 0) as bigint) as wrong_count,
    cast(decisions.priced_count as bigint) as priced_count,
    -- a cost that nobody knows is missing, not 0
    cast(
        case when decisions.priced_count > 0 then decisions.cost_amount end as decimal(28, 9)
    ) as cost_amount,
    cast(decisions.input_token_count as bigint) as input_token_count,
    cast(decisions.output_token_count as bigint) as output_token_count
from decisions
left join samples using (decision_class, segment, cohort_id, event_date)
where decisions.decision_count <> 0 or decisions.unreadable_count <> 0
