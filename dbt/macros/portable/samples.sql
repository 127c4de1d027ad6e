{#- Signed counts of a sample's trials per subject, from changes that each belong to a segment. -#}
{% macro sampled_trials(relation) %}
    {%- set subject_key -%}
        case
            when sample_count = 0 then '(unselected)'
            else coalesce(subject_id, '(unknown):' || decision_id)
        end
    {%- endset %}
    {%- set approval_date -%}
        case when sample_count * label_count = 1 and wrong_label_count = 0 then approval_date end
    {%- endset %}
    select
        workflow,
        decision_class,
        segment,
        cohort_id,
        case when is_conflict then '(unknown)' else route end as route,
        inclusion_probability,
        {{ subject_key }} as subject_key,
        event_date,
        {{ approval_date }} as approval_date,
        case
            when confidence between 0 and 1 then cast(floor(confidence * 100) as integer) else -1
        end as confidence_bin,
        landing_batch,
        build_id,
        {{ penstock.signed_count("not is_conflict") }} as decision_count,
        {{ penstock.signed_sum("sample_count") }} as selected_count,
        {{ penstock.signed_sum("case when not is_conflict then sample_count * label_count end") }}
        as labelled_count,
        {{
            penstock.signed_sum(
                "case when not is_conflict then sample_count * label_count * wrong_label_count end"
            )
        }} as wrong_count,
        {{ penstock.signed_sum("sample_count * late_error_count") }} as late_error_count,
        {{
            penstock.signed_sum(
                "case when not is_conflict then sample_count * label_count * late_label_count end"
            )
        }} as late_label_count,
        {{ penstock.signed_sum("case when not is_conflict then outside_label_count end") }}
        as outside_label_count,
        {{
            penstock.signed_sum(
                "case when not is_conflict then outside_label_count * wrong_label_count end"
            )
        }} as outside_wrong_count,
        {{
            penstock.signed_sum(
                "case when not is_conflict then sample_count * cost_amount end", "decimal(38, 9)"
            )
        }} as selected_cost_amount
    from {{ relation }}
    where
        has_decision and (not is_conflict or sample_count > 0) and {{ penstock.only_new_batches() }}
    group by
        workflow,
        decision_class,
        segment,
        cohort_id,
        case when is_conflict then '(unknown)' else route end,
        inclusion_probability,
        {{ subject_key }},
        event_date,
        {{ approval_date }},
        case
            when confidence between 0 and 1 then cast(floor(confidence * 100) as integer) else -1
        end,
        landing_batch,
        build_id
{% endmacro %}
