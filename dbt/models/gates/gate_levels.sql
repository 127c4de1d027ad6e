{#- One row per class and segment: the stage its gates have reached and the level it may use. Alone
    from limited rollout on, with a person's approval in the pilot, a person before that. -#}
with
    stages as (
        select
            decision_class,
            segment,
            cohort_id,
            as_of,
            max(
                case when verdict = 'pass' and not is_blocked then gate_order else 0 end
            ) as gates_passed
        from {{ ref("gate_ladder") }}
        group by decision_class, segment, cohort_id, as_of
    ),

    dimensions as (
        select workflow, count(distinct segment_dimension) as dimension_count
        from {{ ref("segments") }}
        group by workflow
    ),

    whole as (select decision_class, gates_passed from stages where segment = 'all')

select
    stages.as_of,
    maps.*,
    stages.cohort_id,
    ['proposed', 'discovery', 'build', 'pilot', 'limited_rollout', 'scale'][
        stages.gates_passed + 1
    ] as stage,
    case when stages.gates_passed >= 3 then maps.declared_level end as approved_level,
    case
        when
            stages.gates_passed >= 4
            -- a decision lies in one segment of every dimension: where there are several, one that
            -- is proven says nothing of the others, so `all` must be proven too
            and (coalesce(dimensions.dimension_count, 0) <= 1 or whole.gates_passed >= 4)
            and {{ penstock.level_rank("maps.declared_level") }}
            <= {{ penstock.level_rank("maps.recommended_level") }}
        then maps.declared_level
        when stages.gates_passed >= 3 and maps.declared_level <> 'human_only'
        then 'surface'
        else 'human_only'
    end as effective_level
from {{ ref("gate_autonomy_map") }} as maps
inner join stages using (decision_class, segment)
inner join whole using (decision_class)
left join dimensions on maps.workflow = dimensions.workflow
