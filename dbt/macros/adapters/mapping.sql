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

{#- The class of a row of `decisions` joined with the rules `by_class` and `by_action` that match it.
    What nobody can place, and what lies after its own landing (a day of clock skew allowed), could
    be any class of the source. -#}
{% macro class_of_decision() %}
    case
        when
            decisions.workflow is null
            or decisions.occurred_at is null
            or (decisions.action is null and decisions.decision_class is null)
            or decisions.decision_id is null
        then '(unknown)'
        when decisions.occurred_at > decisions._landed_at + interval 1 day
        then '(unknown)'
        when {{ penstock.mapped_class("by_class") }} <> {{ penstock.mapped_class("by_action") }}
        then '(unknown)'
        else
            coalesce(
                {{ penstock.mapped_class("by_class") }},
                {{ penstock.mapped_class("by_action") }},
                '(undeclared)'
            )
    end
{% endmacro %}
