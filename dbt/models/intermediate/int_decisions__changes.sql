{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="landing_batch",
        on_schema_change="fail",
    )
}}
{#- The change log. One row per decision, landing batch that touched it, and sign: its state before
    the batch with -1, after it with +1. A pure function of that decision's landed rows up to that
    batch, so sums of sign x measure over any set of first batches equal a rebuild from them. Long for a
    model, because every CTE works on the same touched phases: apart, each would scan them again. -#}
-- depends_on: {{ ref("int_records__arrivals") }}
with
    decisions as (
        select * from {{ ref("int_decisions__mapped") }} where {{ penstock.only_touched_batches() }}
    ),

    attached as (
        select * from {{ ref("int_records__attached") }} where {{ penstock.only_touched_batches() }}
    ),

    deciding_outcomes as (
        select distinct coalesce(label_outcome, '') as outcome from {{ ref("decision_classes") }}
    ),

    touched as (
        select decision_id, landing_batch
        from decisions
        where {{ penstock.only_new_batches() }}
        union
        select decision_id, landing_batch
        from attached
        where {{ penstock.only_new_batches() }}
    ),

    phases as (
        select touched.decision_id, touched.landing_batch, signs.sign
        from touched
        cross join
            (
                select -1 as sign
                union all
                select 1 as sign
            ) as signs
    ),

    seen as (
        select
            phases.sign,
            phases.landing_batch as phase_batch,
            decisions.*,
            decisions.version is not distinct from max(decisions.version) over phase as is_latest,
            row_number() over (
                phase
                order by
                    decisions.version desc nulls first,
                    decisions.payload_sha256,
                    decisions.source,
                    decisions.landing_batch
            ) as version_number
        from phases
        inner join
            decisions
            on phases.decision_id = decisions.decision_id
            and {{ penstock.visible("decisions") }}
        window phase as (partition by phases.decision_id, phases.landing_batch, phases.sign)
    ),

    versions as (
        select
            decision_id,
            phase_batch as landing_batch,
            sign,
            {{
                penstock.is_conflict(
                    [
                        "route",
                        "confidence",
                        "amount",
                        "currency",
                        "subject_id",
                        "occurred_at",
                        "within_boundary",
                    ]
                )
            }} as is_conflict,
            case when min(source) = max(source) then min(source) else '(unknown)' end as source,
            -- what a later version filled in is not in doubt
            case
                when
                    min(
                        case when is_latest or decision_class <> '(unknown)' then decision_class end
                    ) = max(
                        case when is_latest or decision_class <> '(unknown)' then decision_class end
                    )
                then max(case when is_latest then decision_class end)
                else '(unknown)'
            end as decision_class,
            -- a decision in several versions is where all of them may be: nobody's, as old as the
            -- oldest
            case
                when min(cohort_id) <> max(cohort_id)
                then '(unknown)'
                when min(payload_sha256) <> max(payload_sha256) and min(cohort_id) like '%(absent)%'
                then '(unknown)'
                else min(cohort_id)
            end as cohort_id,
            min(occurred_at) as occurred_at,
            min(event_date) as event_date,
            {%- for field in ["region", "team", "channel"] %}
                case
                    when min(coalesce({{ field }}, '')) = max(coalesce({{ field }}, ''))
                    then min({{ field }})
                end as {{ field }}{{ "," if not loop.last }}
            {%- endfor %}
        from seen
        group by decision_id, phase_batch, sign
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
            min(workflow) as workflow,
            min(source) as source,
            min(review_pool) as review_pool,
            min(inclusion_probability) as inclusion_probability,
            bool_and(is_success) as is_success,
            bool_or(is_drill) as is_drill,
            {{
                penstock.is_conflict(
                    [
                        "outcome",
                        "label",
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

    labels as (
        select
            *,
            row_number() over (
                partition by decision_id, landing_batch, sign, outcome
                -- an overturn always counts, whoever agrees later
                order by
                    is_conflict desc, label = 'incorrect' desc, recorded_at desc, record_id desc
            ) as recency
        from records
        where kind = 'label' and (label is not null or is_conflict)
    ),

    attachments as (
        select
            decision_id,
            landing_batch,
            sign,
            min(source) as source,
            min(workflow) as workflow,
            max(case when kind = 'sample' then 1 else 0 end) as sample_count,
            min(case when kind = 'sample' then inclusion_probability end) as sample_probability,
            max(
                case when kind = 'sample' and is_conflict then 1 else 0 end
            ) as sample_conflict_count,
            max(
                case
                    when kind = 'sample'
                    then 1
                    when kind = 'label' and outcome in (select outcome from deciding_outcomes)
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

select
    phases.decision_id,
    phases.landing_batch,
    cast(phases.sign as bigint) as sign,
    versions.decision_id is not null as has_decision,
    coalesce(versions.is_conflict, false) as is_conflict,
    coalesce(versions.source, attachments.source) as source,
    coalesce(state.workflow, attachments.workflow, '(unknown)') as workflow,
    coalesce(versions.decision_class, '(unknown)') as decision_class,
    coalesce(versions.cohort_id, '(unknown)') as cohort_id,
    versions.occurred_at,
    versions.event_date,
    case when not versions.is_conflict then state.subject_id end as subject_id,
    versions.region,
    versions.team,
    versions.channel,
    state.agent_id,
    state.model,
    state.policy_version,
    state.action,
    case
        when state.route in ('delegated', 'surfaced', 'human', 'shadow')
        then state.route
        else '(unknown)'
    end as route,
    case when not versions.is_conflict then state.confidence end as confidence,
    state.amount,
    state.currency,
    state.latency_ms,
    state.input_tokens,
    state.output_tokens,
    state.cost_amount,
    state.cost_currency,
    state.status,
    state.within_boundary,
    state.sequence_number,
    state.required_fields,
    coalesce(state.inclusion_probability, 0) as inclusion_probability,
    coalesce(attachments.sample_count, 0) as sample_count,
    case
        when
            attachments.sample_conflict_count = 1
            or attachments.sample_probability is distinct from state.inclusion_probability
        then 0
        -- nobody agrees with what was not decided yet, nor at no known time
        when labels.label = 'correct' and coalesce(labels.recorded_at < state.occurred_at, true)
        then 0
        -- a reviewer of another pool knows another class
        when
            labels.label = 'correct'
            and labels.outcome = ''
            and labels.review_pool is distinct from state.review_pool
        then 0
        -- an outcome that does not say of what may be the one that decides
        when nameless.record_id is not null and state.label_outcome is not null
        then 0
        when labels.record_id is not null
        then 1
        else 0
    end as label_count,
    case
        when labels.is_conflict or labels.label = 'incorrect' then 1 else 0
    end as wrong_label_count,
    -- a label of no known time is as new as its landing: losing its time keeps no decision young
    coalesce(labels.recorded_at, labels.landed_at) as label_at,
    case
        when versions.decision_id is null then coalesce(attachments.evidence_count, 0) else 0
    end as orphan_count,
    coalesce(attachments.reversal_count, 0) as reversal_count,
    coalesce(attachments.reversal_succeeded_count, 0) as reversal_succeeded_count,
    coalesce(attachments.drill_count, 0) as drill_count,
    coalesce(attachments.drill_succeeded_count, 0) as drill_succeeded_count,
    coalesce(attachments.action_count, 0) as action_count,
    attachments.action_date,
    '{{ penstock.build_id() }}' as build_id
from phases
left join versions using (decision_id, landing_batch, sign)
left join attachments using (decision_id, landing_batch, sign)
left join
    seen as state
    on versions.decision_id = state.decision_id
    and versions.landing_batch = state.phase_batch
    and versions.sign = state.sign
    and state.version_number = 1
left join
    labels
    on phases.decision_id = labels.decision_id
    and phases.landing_batch = labels.landing_batch
    and phases.sign = labels.sign
    and labels.outcome = coalesce(state.label_outcome, '')
    and labels.recency = 1
left join
    labels as nameless
    on phases.decision_id = nameless.decision_id
    and phases.landing_batch = nameless.landing_batch
    and phases.sign = nameless.sign
    and nameless.outcome = '(unknown)'
    and nameless.recency = 1
where versions.decision_id is not null or attachments.decision_id is not null
