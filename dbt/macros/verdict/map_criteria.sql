{#- Criteria about the autonomy map itself; they wait for the four tests. -#}
{% macro map_criteria() -%}
    ('level_within_evidence', 'signed_by_business', 'signed_by_risk')
{%- endmacro %}

{% macro autonomy_tests() %}
    {% do return(["reversibility", "value_at_risk", "confidence_quality", "review_capacity"]) %}
{% endmacro %}

{#- Criteria that no company loosens and nobody waives; `RULES` of the registry says the same. -#}
{% macro rules() -%}
    (
        'owners_named',
        'expectations_met',
        'accounted',
        'telemetry_plausible',
        'level_within_evidence',
        'signed_by_business',
        'signed_by_risk',
        'boundary_defined',
        'guardrails_held',
        'baseline_fixed'
    )
{%- endmacro %}

{#- What shadow evidence is held against: the error of what the AI proposed, unseen. -#}
{% macro shadow_test() %} {% do return("accuracy") %} {% endmacro %}
