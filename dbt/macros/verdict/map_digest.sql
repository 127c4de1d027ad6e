{#- What a signature on an autonomy map covers: a change in one of these is another map. -#}
{% macro map_digest() -%}
    sha256(
        {%- for part in [
            "decision_class",
            "segment",
            "boundary",
            "amount_limit",
            "currency",
            "declared_level",
            "recommended_level",
            "reversibility_test",
            "value_at_risk_test",
            "confidence_quality_test",
            "review_capacity_test",
            "taxonomy_version",
            "threshold_text",
            "segment_text",
            "limit_text",
            "outcome_text",
            "inventory_text",
        ] %}
            '{{ part }}=' || coalesce(cast({{ part }} as varchar), '(absent)') || chr(10)
            {{ "||" if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
