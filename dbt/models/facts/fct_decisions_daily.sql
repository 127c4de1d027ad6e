{#- Counts and sums per source, class, segment, cohort, route, day and landing batch. -#}
{%- set optional_fields = penstock.optional_fields() -%}
with
    changes as (
        select
            *,
            (
                {%- for field in optional_fields %}
                    ({{ field }} is null and required_fields like '%;{{ field }};%')
                    {{ "or" if not loop.last }}
                {%- endfor %}
            ) as is_required_missing,
            subject_id is not null
            and agent_id is not null
            and model is not null
            and policy_version is not null
            and action is not null
            and status is not null
            and route <> '(unknown)'
            and decision_class not in ('(unknown)', '(undeclared)') as is_audit_complete
        from {{ ref("int_decisions__segmented") }}
        where has_decision and {{ penstock.only_new_batches() }}
    )

select
    source,
    workflow,
    decision_class,
    segment,
    cohort_id,
    route,
    event_date,
    landing_batch,
    build_id,
    {{ penstock.signed_count("not is_conflict") }} as decision_count,
    {{ penstock.signed_count("is_conflict") }} as unreadable_count,
    {{ penstock.signed_count("not is_conflict and status is distinct from 'ok'") }} as failed_count,
    {%- for field in optional_fields %}
        {{ penstock.signed_count("not is_conflict and " ~ field ~ " is null") }}
        as missing_{{ field }}_count,
    {%- endfor %}
    {{ penstock.signed_count("not is_conflict and is_required_missing") }}
    as missing_required_count,
    {{
        penstock.signed_count(
            "not is_conflict and not is_required_missing and status is not null and route <> '(unknown)'"
        )
    }}
    as clean_count,
    {{ penstock.signed_count("not is_conflict and is_audit_complete") }} as audit_complete_count,
    {{ penstock.signed_count("not is_conflict and not within_boundary") }}
    as boundary_violation_count,
    {{ penstock.signed_count("not is_conflict and within_boundary is null") }}
    as boundary_unknown_count,
    {{ penstock.signed_count("not is_conflict and cost_amount is not null") }} as priced_count,
    {{ penstock.signed_sum("input_tokens") }} as input_token_count,
    {{ penstock.signed_sum("output_tokens") }} as output_token_count,
    {{ penstock.signed_sum("cost_amount", "decimal(38, 9)") }} as cost_amount,
    {{ penstock.signed_sum("amount", "decimal(38, 4)") }} as amount
from changes
group by
    source, workflow, decision_class, segment, cohort_id, route, event_date, landing_batch, build_id
