{#- One row per registered step of expansion: whether it has begun, and whether what it added stands on
    its own gates. Nothing is inherited: a class, segment or workflow that was added is proven by its own
    stage. -#}
with
    standings as (
        select workflow, decision_class, segment, coalesce(stage = 'scale', false) as is_at_scale
        from {{ ref("gate_levels") }}
    ),

    workflows as (
        select workflow, bool_or(is_at_scale) as is_at_scale
        from standings
        where segment = 'all'
        group by workflow
    ),

    looks as (
        select decision_class, evidence_newest_date as looked_date
        from {{ ref("gate_verdicts") }}
        where criterion_id = 'kpi_improved' and segment = 'all' and verdict = 'pass'
    )

select
    context.as_of,
    own.workflow,
    steps.decision_class,
    steps.rung,
    coalesce(steps.target, '(none)') as target,
    steps.starts_at,
    steps.owner,
    list_position({{ penstock.rungs() }}, steps.rung) as rung_order,
    coalesce(steps.starts_at <= context.as_of, false) as is_begun,
    coalesce(own.is_at_scale, false) as is_own_at_scale,
    coalesce(
        steps.starts_at <= context.as_of
        and own.is_at_scale
        and case
            steps.rung
            -- the metric was looked at after the volume was raised
            when 'volume'
            then looks.looked_date >= steps.starts_at
            when 'adjacent_class'
            then classes.is_at_scale and classes.workflow = own.workflow
            when 'team_or_region'
            then segments.is_at_scale
            when 'second_workflow'
            then workflows.is_at_scale and workflows.workflow <> own.workflow
        end,
        false
    ) as is_proven
from {{ ref("expansion_steps") }} as steps
cross join {{ ref("int_run_context") }} as context
left join standings as own on steps.decision_class = own.decision_class and own.segment = 'all'
left join looks on steps.decision_class = looks.decision_class
left join standings as classes on steps.target = classes.decision_class and classes.segment = 'all'
left join
    standings as segments
    on steps.decision_class = segments.decision_class
    and steps.target = segments.segment
    and segments.segment <> 'all'
left join workflows on steps.target = workflows.workflow
