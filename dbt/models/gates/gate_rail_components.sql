{#- One row per registered component of a rail: what shows that it works. What passed, passed of the
    component that it names; what did not, and names none that is registered, may have been any. -#}
with
    registered as (
        select *, count(*) over (partition by workflow, rail) as component_count
        from {{ ref("rails") }}
    ),

    traces as (
        select
            workflows.workflow,
            traces.rail,
            traces.component,
            registered.component is not null as is_registered,
            traces.trace,
            traces.result,
            traces.event_date,
            traces.is_placed,
            traces.trace = 'observation' and traces.result is distinct from 'passed' as is_bad
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
        left join
            registered
            on workflows.workflow = registered.workflow
            and traces.rail = registered.rail
            and traces.component = registered.component
    ),

    seen as (
        select
            registered.workflow,
            registered.rail,
            registered.component,
            registered.is_shared,
            registered.max_age_days,
            max(traces.event_date) filter (
                where
                    traces.trace = 'observation'
                    and traces.result = 'passed'
                    and traces.is_placed
                    and traces.component = registered.component
            ) as newest_passed_date,
            max(traces.event_date) filter (
                where is_bad and (traces.component = registered.component or not is_registered)
            ) as newest_unpassed_date,
            max_by(traces.result, (traces.event_date, traces.result)) filter (
                where is_bad and (traces.component = registered.component or not is_registered)
            ) as newest_unpassed_result,
            -- the logs do not say which of several was at work
            max(traces.event_date) filter (
                where traces.trace = 'log' and registered.component_count = 1
            ) as newest_log_date
        from registered
        left join traces on registered.workflow = traces.workflow and registered.rail = traces.rail
        group by
            registered.workflow,
            registered.rail,
            registered.component,
            registered.is_shared,
            registered.max_age_days
    )

select
    seen.*,
    -- an observation other than `passed` holds until a later one passed; no log undoes it
    case
        when newest_unpassed_date >= coalesce(newest_passed_date, date '0001-01-01')
        then 'not_passed'
        when context.as_of - greatest(newest_passed_date, newest_log_date) <= max_age_days
        then 'working'
        when coalesce(newest_passed_date, newest_log_date) is not null
        then 'stale'
        else 'none'
    end as evidence_state
from seen
cross join {{ ref("int_run_context") }} as context
