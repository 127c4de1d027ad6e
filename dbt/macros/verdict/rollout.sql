{#- The expansion ladder, safest rung first. -#}
{% macro rungs() %}
    {% do return(["volume", "adjacent_class", "team_or_region", "second_workflow", "portfolio"]) %}
{% endmacro %}

{#- What every AI system reuses, in the order of the registry. -#}
{% macro rails() %}
    {% do return(
        [
            "identity_and_access_control",
            "data_connectors",
            "evaluation_harness",
            "human_review_queues",
            "audit_logs",
            "cost_controls",
            "incident_playbooks",
            "model_routing",
            "guardrails",
        ]
    ) %}
{% endmacro %}
