with
    working as (
        select count(*) > 0 as has_working_workflow
        from {{ ref("gate_levels") }}
        where segment = 'all' and stage in ('limited_rollout', 'scale')
    ),

    standins as (
        select
            rail,
            count(*) filter (where coverage = 'one_off') as one_off_count,
            string_agg(distinct components, ', ' order by components) filter (
                where coverage = 'shared'
            ) as shared_components
        from {{ ref("gate_rails") }}
        group by rail
    )

select
    rails.as_of,
    rails.workflow,
    rails.rail,
    cast(rails.rail_order as integer) as rail_order,
    rails.coverage,
    rails.components,
    rails.unregistered_components,
    case when rails.coverage <> 'shared' then standins.shared_components end as shared_elsewhere,
    rails.evidence_state,
    cast(rails.observation_count as bigint) as observation_count,
    rails.newest_passed_date,
    rails.newest_unpassed_date,
    rails.newest_unpassed_result,
    rails.newest_log_date,
    rails.max_age_days,
    case
        when rails.coverage = 'shared' and not working.has_working_workflow
        then 'platform_before_workflow'
        when rails.coverage = 'one_off' and standins.one_off_count > 1
        then 'islands'
    end as warning
from {{ ref("gate_rails") }} as rails
cross join working
inner join standins using (rail)
