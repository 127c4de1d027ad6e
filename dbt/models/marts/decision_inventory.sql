with
    context as (select * from {{ ref("int_run_context") }}),

    observed as (
        select
            facts.workflow,
            facts.decision_class,
            sum(facts.decision_count) as decision_count,
            sum(facts.decision_count) filter (
                where facts.event_date > context.as_of - 28
            ) as recent_count,
            sum(facts.decision_count) filter (where facts.route = 'human') as human_count,
            sum(facts.unreadable_count) as unreadable_count,
            min(facts.event_date) as first_date,
            max(facts.event_date) as newest_date
        from {{ ref("fct_decisions_daily") }} as facts
        cross join context
        where
            facts.segment = 'all'
            and facts.landing_batch <= context.known_batch
            and facts.event_date <= context.as_of
        group by facts.workflow, facts.decision_class
    )

select
    context.as_of,
    coalesce(classes.workflow, observed.workflow) as workflow,
    coalesce(classes.decision_class, observed.decision_class) as decision_class,
    classes.decision_class is not null as is_declared,
    classes.title,
    cast(coalesce(observed.decision_count, 0) as bigint) as decision_count,
    cast(coalesce(observed.recent_count, 0) as bigint) as decisions_last_28_days_count,
    cast(coalesce(observed.human_count, 0) as bigint) as human_route_count,
    cast(coalesce(observed.unreadable_count, 0) as bigint) as unreadable_count,
    observed.first_date as first_decision_date,
    observed.newest_date as newest_decision_date,
    classes.error_cost,
    cast(classes.error_cost_amount as decimal(18, 2)) as error_cost_amount,
    cast(classes.cost_of_delay_amount as decimal(18, 4)) as cost_of_delay_amount,
    classes.currency,
    classes.reversibility,
    classes.is_regulated,
    classes.declared_level,
    classes.taxonomy_version,
    cast(classes.weekly_volume as bigint) as declared_weekly_count,
    cast(
        round(coalesce(observed.recent_count, 0) / cast(4 as decimal(9, 0)), 1) as decimal(18, 1)
    ) as observed_weekly_count
from observed
full outer join
    {{ ref("decision_classes") }} as classes on observed.decision_class = classes.decision_class
cross join context
