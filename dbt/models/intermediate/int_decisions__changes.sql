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
with
    decisions as (select * from {{ ref("int_decisions__mapped") }}),

    attached as (select * from {{ ref("int_records__attached") }}),

    deciding_outcomes as (
        select distinct coalesce(label_outcome, '') as outcome from {{ ref("decision_classes") }}
    ),

    touches as (
        select decision_id, landing_batch
        from decisions
        union
        select decision_id, landing_batch
        from attached
    ),

    touched as (
        select decision_id, landing_batch
        from touches
        {% if is_incremental() %}
            where landing_batch not in ({{ penstock.built_batches() }})
        {% endif %}
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

    versions as (
        select
            phases.decision_id,
            phases.landing_batch,
            phases.sign,
            count(distinct decisions.payload_sha256) as payload_count,
            count(distinct decisions.decision_class) as class_count,
            count(distinct decisions.source) as source_count,
            count(distinct decisions.cohort_id) as cohort_count,
            min(decisions.cohort_id) as cohort_id,
            min(decisions.occurred_at) as occurred_at,
            min(decisions.event_date) as event_date,
            {%- for field in ["region", "team", "channel"] %}
                case
                    when count(distinct coalesce(decisions.{{ field }}, '')) = 1
                    then min(decisions.{{ field }})
                end as {{ field }},
            {%- endfor %}
            min(decisions.payload_sha256) as payload_sha256,
            min(decisions.decision_class) as decision_class,
            min(decisions.source) as source
        from phases
        inner join
            decisions
            on phases.decision_id = decisions.decision_id
            and {{ penstock.visible("decisions") }}
        group by phases.decision_id, phases.landing_batch, phases.sign
    ),

    -- one record per id: a second payload under the same id is a conflict
    records as (
        select
            phases.decision_id,
            phases.landing_batch,
            phases.sign,
            attached.kind,
            attached.record_id,
            min(attached.outcome) as outcome,
            min(attached.label) as label,
            min(attached.recorded_at) as recorded_at,
            max(attached.landed_at) as landed_at,
            min(attached.workflow) as workflow,
            min(attached.source) as source,
            min(attached.review_pool) as review_pool,
            min(attached.inclusion_probability) as inclusion_probability,
            bool_and(attached.is_success) as is_success,
            bool_or(attached.is_drill) as is_drill,
            count(distinct attached.payload_sha256) > 1 as is_conflict
        from phases
        inner join
            attached
            on phases.decision_id = attached.decision_id
            and {{ penstock.visible("attached") }}
        group by
            phases.decision_id, phases.landing_batch, phases.sign, attached.kind, attached.record_id
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
    coalesce(versions.payload_count > 1, false) as is_conflict,
    coalesce(
        case when versions.source_count > 1 then '(unknown)' else versions.source end,
        attachments.source
    ) as source,
    coalesce(state.workflow, attachments.workflow, '(unknown)') as workflow,
    case
        when versions.class_count = 1 then versions.decision_class else '(unknown)'
    end as decision_class,
    -- a decision in several versions is where all of them may be: nobody's, as old as the oldest
    case
        when versions.cohort_count > 1
        then '(unknown)'
        when versions.payload_count > 1 and versions.cohort_id like '%(absent)%'
        then '(unknown)'
        else coalesce(versions.cohort_id, '(unknown)')
    end as cohort_id,
    versions.occurred_at,
    versions.event_date,
    case when versions.payload_count = 1 then state.subject_id end as subject_id,
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
    case when versions.payload_count = 1 then state.confidence end as confidence,
    state.amount,
    state.currency,
    state.latency_ms,
    state.input_tokens,
    state.output_tokens,
    state.cost_amount,
    state.cost_currency,
    state.status,
    state.within_boundary,
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
    (
        select *
        from decisions
        qualify
            row_number() over (
                partition by decision_id, payload_sha256 order by source, landing_batch
            )
            = 1
    ) as state
    on versions.decision_id = state.decision_id
    and versions.payload_sha256 = state.payload_sha256
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
