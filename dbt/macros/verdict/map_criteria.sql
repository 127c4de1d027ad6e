{#- Criteria about the autonomy map itself; they wait for the four tests. -#}
{% macro map_criteria() -%}
    ('level_within_evidence', 'signed_by_business', 'signed_by_risk')
{%- endmacro %}

{% macro autonomy_tests() %}
    {% do return(["reversibility", "value_at_risk", "confidence_quality", "review_capacity"]) %}
{% endmacro %}
