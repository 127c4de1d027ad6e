{#- Fields of telemetry by whatever name the producer gave them, from the seed attribute_aliases.
    `rows` is a relation with `row_key` and the JSON objects `attributes` and `resource_attributes`;
    one row per `row_key` with every field as text, NULL where no attribute of it is there.
    `is_json_text`: values are JSON written into a string, as MLflow does. -#}
{% macro aliased_fields(rows, is_json_text=false) %}
    {%- set value = "json_extract_string(held.holder, '$.\"' || held.attribute || '\"')" -%}
    select
        named.row_key,
        {%- for field in penstock.aliased_field_names() %}
            arg_min(named.value, named.priority) filter (
                where named.field = '{{ field }}'
            ) as "{{ field }}"{{ "," if not loop.last }}
        {%- endfor %}
    from
        (
            select
                held.row_key,
                aliases.field,
                aliases.priority + held.level as priority,
                {% if is_json_text %}
                    case
                        when json_valid({{ value }})
                        then json_extract_string({{ value }}, '$')
                        else {{ value }}
                    end as value
                {% else %} {{ value }} as value
                {% endif %}
            from
                (
                    select
                        row_key,
                        attributes as holder,
                        unnest(json_keys(attributes)) as attribute,
                        0 as level
                    from {{ rows }}
                    union all
                    select
                        row_key, resource_attributes, unnest(json_keys(resource_attributes)), 1000
                    from {{ rows }}
                ) as held
            join {{ ref("attribute_aliases") }} as aliases on held.attribute = aliases.attribute
        ) as named
    where named.value is not null
    group by named.row_key
{% endmacro %}

{% macro aliased_field_names() %}
    {% do return(
        [
            "operation",
            "decision_id",
            "workflow",
            "decision_class",
            "subject_id",
            "region",
            "team",
            "channel",
            "agent_id",
            "agent_version",
            "model",
            "request_model",
            "response_model",
            "prompt_version",
            "tool_schema_version",
            "policy_version",
            "action",
            "route",
            "confidence",
            "confidence_method",
            "amount",
            "currency",
            "input_tokens",
            "output_tokens",
            "cost_amount",
            "cost_currency",
            "error_type",
            "fallback_used",
            "fallback_reason",
            "within_boundary",
            "sequence_number",
            "inclusion_probability",
            "evaluation_name",
            "evaluation_label",
            "evaluation_score",
            "evaluation_source",
            "evaluated_id",
            "event_name",
            "review_id",
            "reviewer_id",
            "review_queued_at",
            "review_seconds",
            "review_verdict",
            "review_is_blind",
            "review_reason",
            "review_probability",
            "review_is_seeded_error",
        ]
    ) %}
{% endmacro %}
