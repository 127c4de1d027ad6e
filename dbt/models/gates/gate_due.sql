{#- Every verdict that is due: criterion x class x segment, before anybody looks at a result. -#}
with
    segments as (
        select decision_class, 'all' as segment
        from {{ ref("decision_classes") }}
        union all
        select classes.decision_class, segments.segment_dimension || '=' || segments.segment_value
        from {{ ref("decision_classes") }} as classes
        inner join {{ ref("segments") }} as segments on classes.workflow = segments.workflow
    ),

    cohorts as (
        select
            decision_class,
            cohort_id,
            row_number() over (
                partition by decision_class order by newest_event_at desc, cohort_id desc
            ) as recency
        from {{ ref("int_cohorts__seen") }}
    )

select
    context.as_of,
    context.known_batch,
    criteria.gate,
    criteria.gate_order,
    criteria.criterion_id,
    criteria.criterion_order,
    criteria.comparison,
    criteria.scope,
    criteria.max_age_days,
    criteria.not_applicable_reason,
    classes.workflow,
    classes.decision_class,
    segments.segment,
    case when criteria.scope = 'class' then 'all' else segments.segment end as evidence_segment,
    coalesce(cohorts.cohort_id, '(none)') as cohort_id,
    classes.declared_level,
    criteria.applies_to = 'all'
    or list_contains(
        string_split(criteria.applies_to, '|'), classes.declared_level
    ) as is_applicable,
    thresholds.threshold,
    thresholds.threshold_count,
    greatest(thresholds.loosened_from, floors.counts_from) as loosened_from
from {{ ref("penstock", "criteria") }} as criteria
cross join {{ ref("int_run_context") }} as context
cross join {{ ref("decision_classes") }} as classes
inner join segments on classes.decision_class = segments.decision_class
left join cohorts on classes.decision_class = cohorts.decision_class and cohorts.recency = 1
left join
    {{ ref("int_thresholds__effective") }} as thresholds
    on classes.decision_class = thresholds.decision_class
    and criteria.criterion_id = thresholds.criterion_id
left join
    {{ ref("gate_floors") }} as floors
    on classes.decision_class = floors.decision_class
    and criteria.criterion_id = floors.criterion_id
