{#- One row per workflow and rail: what the registry says stands for it, and what shows that it works. An
    observation other than `passed` holds until a later one passed; a trace in the logs does not undo it. -#}
with
    rails as (
        select
            unnest({{ penstock.rails() }}) as rail,
            generate_subscripts({{ penstock.rails() }}, 1) as rail_order
    ),

    registered as (
        select
            workflow,
            rail,
            -- a one-off beside the shared one is still to be looked after
            case
                when count(*) = count(*) filter (where is_shared) then 'shared' else 'one_off'
            end as coverage,
            string_agg(component, ', ' order by component) as components,
            min(max_age_days) as max_age_days
        from {{ ref("rails") }}
        group by workflow, rail
    ),

    traces as (
        select
            workflows.workflow,
            traces.rail,
            max(traces.event_date) filter (
                where traces.trace = 'observation' and traces.result = 'passed' and traces.is_placed
            ) as newest_passed_date,
            max(traces.event_date) filter (
                where traces.trace = 'observation' and traces.result is distinct from 'passed'
            ) as newest_unpassed_date,
            max(traces.event_date) filter (where traces.trace = 'log') as newest_log_date,
            max_by(traces.result, (traces.event_date, traces.result)) filter (
                where traces.result is distinct from 'passed'
            ) as newest_unpassed_result,
            coalesce(sum(traces.trace_count), 0) as observation_count
        from {{ ref("evd_rail_traces") }} as traces
        left join {{ ref("review_pools") }} as pools on traces.review_pool = pools.review_pool
        inner join
            {{ ref("workflows") }} as workflows
            on coalesce(traces.workflow, pools.workflow, workflows.workflow) = workflows.workflow
            and (
                traces.trace = 'observation'
                or traces.workflow is not null
                or pools.workflow is not null
            )
        group by workflows.workflow, traces.rail
    )

select
    context.as_of,
    workflows.workflow,
    rails.rail,
    rails.rail_order,
    coalesce(registered.coverage, 'missing') as coverage,
    registered.components,
    registered.max_age_days,
    traces.newest_passed_date,
    traces.newest_unpassed_date,
    traces.newest_unpassed_result,
    traces.newest_log_date,
    coalesce(traces.observation_count, 0) as observation_count,
    greatest(traces.newest_passed_date, traces.newest_log_date) as newest_good_date,
    case
        when registered.coverage is null
        then 'none'
        when traces.newest_unpassed_date >= coalesce(traces.newest_passed_date, date '0001-01-01')
        then 'not_passed'
        when context.as_of - newest_good_date <= registered.max_age_days
        then 'working'
        when newest_good_date is not null
        then 'stale'
        else 'none'
    end as evidence_state
from {{ ref("workflows") }} as workflows
cross join rails
cross join {{ ref("int_run_context") }} as context
left join registered on workflows.workflow = registered.workflow and rails.rail = registered.rail
left join traces on workflows.workflow = traces.workflow and rails.rail = traces.rail
