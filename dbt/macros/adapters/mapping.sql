{#- Date and amount are not compared here: a rule that would match but for an unknown amount, or is
    not valid yet on the day, leaves the class unknown rather than undeclared. -#}
{% macro mapping_matches(mapping, value) %}
    {{ mapping }}.source = decisions.source
    and {{ mapping }}.workflow = decisions.workflow
    and {{ mapping }}.match_value = {{ value }}
    and (
        {{ mapping }}.amount_min is null
        or decisions.amount is null
        or decisions.amount >= {{ mapping }}.amount_min
    )
    and (
        {{ mapping }}.amount_max is null
        or decisions.amount is null
        or decisions.amount < {{ mapping }}.amount_max
    )
{% endmacro %}

{% macro mapped_class(mapping) %}
    case
        when cast(decisions.occurred_at as date) < {{ mapping }}.valid_from
        then '(unknown)'
        when
            decisions.amount is null
            and ({{ mapping }}.amount_min is not null or {{ mapping }}.amount_max is not null)
        then '(unknown)'
        else {{ mapping }}.decision_class
    end
{% endmacro %}
