{% macro mapping_matches(mapping, value) %}
    {{ mapping }}.source = decisions.source
    and {{ mapping }}.workflow = decisions.workflow
    and {{ mapping }}.match_value = {{ value }}
    and cast(decisions.occurred_at as date) >= {{ mapping }}.valid_from
    and ({{ mapping }}.amount_min is null or decisions.amount >= {{ mapping }}.amount_min)
    and ({{ mapping }}.amount_max is null or decisions.amount < {{ mapping }}.amount_max)
{% endmacro %}
