{#- Fields that a class may require (`required_fields` of the inventory). -#}
{% macro optional_fields() %}
    {% do return(
        [
            "confidence",
            "amount",
            "subject_id",
            "latency_ms",
            "input_tokens",
            "output_tokens",
            "cost_amount",
            "model",
            "policy_version",
            "region",
        ]
    ) %}
{% endmacro %}
