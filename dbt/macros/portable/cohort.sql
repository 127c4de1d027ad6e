{#- Which version of agent, model, prompt, tools and policy decided. What a class did before the day on
    which it was split off or merged is no evidence of what it is now: a cohort of its own. -#}
{% macro cohort_of_decision(decision, begins) -%}
    case
        when cast({{ decision }}.occurred_at as date) < {{ begins }}
        then 'before ' || {{ begins }} || ': '
        else ''
    end
    {%- for part in [
        "agent_version",
        "model",
        "prompt_version",
        "tool_schema_version",
        "policy_version",
    ] %}
        || coalesce({{ decision }}.{{ part }}, '(absent)') {{ "|| ' | '" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
