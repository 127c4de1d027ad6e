{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook=["{{ penstock.forget_new_batches() }}", "{{ penstock.forget_made_batches() }}"],
        post_hook="{{ penstock.note_made_batches() }}",
        on_schema_change="fail",
    )
}}
{#- The change log. One row per decision, landing batch that touched it, and sign: its state before
    the batch with -1, after it with +1. A pure function of that decision's landed rows up to that
    batch, so sums of sign x measure over any set of first batches equal a rebuild from them. The
    records of a decision are settled in macros/portable/settled_*.sql. -#}
-- depends_on: {{ ref("int_records__arrivals") }}
-- depends_on: {{ ref("int_records__landed") }}
{%- set is_touched = penstock.only_touched_batches() ~ " " ~ penstock.without_frozen_records() %}
with
    decisions as (select * from {{ ref("int_decisions__mapped") }} where {{ is_touched }}),

    attached as (select * from {{ ref("int_records__attached") }} where {{ is_touched }}),

    {{ penstock.touched_phases() }},

    {{ penstock.settled_versions() }},

    {{ penstock.settled_attachments() }}

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
    versions.sequence_number,
    versions.region,
    versions.team,
    versions.channel,
    case when not versions.is_conflict then state.subject_id end as subject_id,
    case
        when state.route in ('delegated', 'surfaced', 'human', 'shadow')
        then state.route
        else '(unknown)'
    end as route,
    case when not versions.is_conflict then state.confidence end as confidence,
    coalesce(state.confidence_method, '(unknown)') as confidence_method,
    {%- for column in [
        "agent_id",
        "model",
        "policy_version",
        "action",
        "amount",
        "currency",
        "latency_ms",
        "input_tokens",
        "output_tokens",
        "cost_amount",
        "cost_currency",
        "status",
        "within_boundary",
        "required_fields",
    ] %}
        state.{{ column }},
    {%- endfor %}
    coalesce(state.inclusion_probability, 0) as inclusion_probability,
    coalesce(attachments.sample_count, 0) as sample_count,
    {{ penstock.count_of_labels() }} as label_count,
    {{ penstock.count_of_outside_labels() }} as outside_label_count,
    {{ penstock.is_late_label() }} as late_label_count,
    case
        when labels.is_conflict or labels.label = 'incorrect'
        then 1
        -- who proposed nothing was not right, whatever a person decided then
        when state.route = 'shadow' and (state.action is null or state.status = 'error')
        then 1
        else 0
    end as wrong_label_count,
    {{ penstock.count_of_late_errors() }} as late_error_count,
    {{ penstock.approval_date() }} as approval_date,
    pairs.first_label,
    pairs.second_label,
    -- a label of no known time is as new as its landing: losing its time keeps no decision young
    coalesce(labels.recorded_at, labels.landed_at) as label_at,
    case
        when versions.decision_id is null then coalesce(attachments.evidence_count, 0) else 0
    end as orphan_count,
    {%- for record in ["reversal", "reversal_succeeded", "drill", "drill_succeeded", "action"] %}
        coalesce(attachments.{{ record }}_count, 0) as {{ record }}_count,
    {%- endfor %}
    attachments.action_date,
    attachments.served_by,
    '{{ penstock.build_id() }}' as build_id
from phases
left join versions using (decision_id, landing_batch, sign)
left join attachments using (decision_id, landing_batch, sign)
left join pairs using (decision_id, landing_batch, sign)
left join
    seen as state
    on versions.decision_id = state.decision_id
    and versions.landing_batch = state.phase_batch
    and versions.sign = state.sign
    and state.version_number = 1
    {{ penstock.join_label("labels", "coalesce(state.label_outcome, '')") }}
    {{ penstock.join_label("nameless", "'(unknown)'") }}
where versions.decision_id is not null or attachments.decision_id is not null
