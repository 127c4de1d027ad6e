{#- One row per workflow and rail: what the registry says stands for it, and what shows that it works. A
    rail is as its worst component is: one that works says nothing of another. -#}
with
    rails as (
        select
            unnest({{ penstock.rails() }}) as rail,
            generate_subscripts({{ penstock.rails() }}, 1) as rail_order
    ),

    worst as (
        select
            workflow,
            rail,
            -- a one-off beside the shared one is still to be looked after
            case
                when count(*) = count(*) filter (where is_shared) then 'shared' else 'one_off'
            end as coverage,
            string_agg(component, ', ' order by component) as components,
            min(max_age_days) as max_age_days,
            case
                when count(newest_passed_date) = count(*) then min(newest_passed_date)
            end as newest_passed_date,
            max(newest_unpassed_date) as newest_unpassed_date,
            max_by(
                newest_unpassed_result, (newest_unpassed_date, newest_unpassed_result)
            ) as newest_unpassed_result,
            max(newest_log_date) as newest_log_date,
            count(*) filter (where evidence_state = 'working') as working_count,
            count(*) filter (where evidence_state = 'stale') as stale_count,
            count(*) filter (where evidence_state = 'not_passed') as not_passed_count,
            count(*) as component_count
        from {{ ref("gate_rail_components") }}
        group by workflow, rail
    ),

    observed as (
        select
            workflows.workflow,
            traces.rail,
            sum(traces.trace_count) as observation_count,
            string_agg(distinct traces.component, ', ' order by traces.component) filter (
                where registered.component is null
            ) as unregistered_components
        from {{ ref("evd_rail_traces") }} as traces
        inner join
            {{ ref("workflows") }} as workflows
            on coalesce(traces.workflow, workflows.workflow) = workflows.workflow
        left join
            {{ ref("rails") }} as registered
            on workflows.workflow = registered.workflow
            and traces.rail = registered.rail
            and traces.component = registered.component
        where traces.trace = 'observation'
        group by workflows.workflow, traces.rail
    )

select
    context.as_of,
    workflows.workflow,
    rails.rail,
    rails.rail_order,
    coalesce(worst.coverage, 'missing') as coverage,
    worst.components,
    observed.unregistered_components,
    worst.max_age_days,
    worst.newest_passed_date,
    worst.newest_unpassed_date,
    worst.newest_unpassed_result,
    worst.newest_log_date,
    coalesce(observed.observation_count, 0) as observation_count,
    case
        when worst.not_passed_count > 0
        then 'not_passed'
        when worst.working_count = worst.component_count
        then 'working'
        when worst.working_count + worst.stale_count = worst.component_count
        then 'stale'
        else 'none'
    end as evidence_state
from {{ ref("workflows") }} as workflows
cross join rails
cross join {{ ref("int_run_context") }} as context
left join worst on workflows.workflow = worst.workflow and rails.rail = worst.rail
left join observed on workflows.workflow = observed.workflow and rails.rail = observed.rail
