{#- CTEs of the change log: labels, selections, reversals and actions of a decision, per phase. -#}
{% macro settled_attachments() %}
    deciding_outcomes as (
        select distinct coalesce(label_outcome, '') as outcome from {{ ref("decision_classes") }}
    ),

    attached_seen as (
        select
            phases.sign,
            phases.landing_batch as phase_batch,
            attached.*,
            attached.version is not distinct from max(attached.version) over (
                partition by
                    phases.decision_id,
                    phases.landing_batch,
                    phases.sign,
                    attached.kind,
                    attached.record_id
            ) as is_latest
        from phases
        inner join
            attached
            on phases.decision_id = attached.decision_id
            and {{ penstock.visible("attached") }}
    ),

    -- one record per id: a second payload under the same id is a conflict, unless it is a later
    -- version that fills something in
    records as (
        select
            decision_id,
            phase_batch as landing_batch,
            sign,
            kind,
            record_id,
            min(outcome) as outcome,
            min(label) as label,
            min(recorded_at) as recorded_at,
            max(landed_at) as landed_at,
            {{ penstock.one_workflow() }} as workflow,
            min(source) as source,
            min(review_pool) as review_pool,
            min(reviewer_id) as reviewer_id,
            bool_and(is_blind) as is_blind,
            min(inclusion_probability) as inclusion_probability,
            bool_and(is_success) as is_success,
            bool_or(is_drill) as is_drill,
            bool_and(is_seeded) as is_seeded,
            {{
                penstock.is_conflict(
                    [
                        "outcome",
                        "label",
                        "verdict",
                        "is_blind",
                        "is_seeded",
                        "recorded_at",
                        "workflow",
                        "review_pool",
                        "inclusion_probability",
                        "is_success",
                        "is_drill",
                    ]
                )
            }} as is_conflict
        from attached_seen
        group by decision_id, phase_batch, sign, kind, record_id
    ),

    {{ penstock.settled_labels() }},

    attachments as (
        select
            decision_id,
            landing_batch,
            sign,
            min(source) as source,
            array_to_string(
                list_sort(list_distinct(list(split_part(record_id, ':', 1) || ' ' || source))), ','
            ) as served_by,
            {{ penstock.one_workflow("kind = 'action'") }} as workflow,
            max(case when kind = 'sample' then 1 else 0 end) as sample_count,
            min(case when kind = 'sample' then inclusion_probability end) as sample_probability,
            max(
                case when kind = 'sample' and is_conflict then 1 else 0 end
            ) as sample_conflict_count,
            max(
                case
                    when kind = 'sample'
                    then 1
                    when
                        kind = 'label'
                        and outcome in (select outcome from deciding_outcomes)
                        and is_seeded is not true
                    then 1
                    else 0
                end
            ) as evidence_count,
            {{ penstock.count_records("reversal", "not is_drill") }} as reversal_count,
            {{
                penstock.count_records(
                    "reversal", "not is_drill and is_success and not is_conflict"
                )
            }} as reversal_succeeded_count,
            {{ penstock.count_records("reversal", "is_drill") }} as drill_count,
            {{ penstock.count_records("reversal", "is_drill and is_success and not is_conflict") }}
            as drill_succeeded_count,
            {{ penstock.count_records("action", "true") }} as action_count,
            min(case when kind = 'action' then cast(recorded_at as date) end) as action_date
        from records
        group by decision_id, landing_batch, sign
    )
{% endmacro %}
