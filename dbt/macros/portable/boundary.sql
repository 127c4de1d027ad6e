{#- Text fields of the boundary grammar (contracts/boundary.py); `amount` is its only number. -#}
{% macro boundary_lists() %}
    {% do return(["action", "region", "team", "channel", "currency"]) %}
{% endmacro %}

{#- A condition that the record contradicts. Amounts in another currency than the class's are not
    compared. -#}
{% macro is_outside_boundary(record, rules, currency) %}
    coalesce(
        (
            {{ record }}.currency = {{ currency }}
            and (
                {{ record }}.amount > {{ rules }}.amount_at_most
                or {{ record }}.amount >= {{ rules }}.amount_below
                or {{ record }}.amount < {{ rules }}.amount_at_least
                or {{ record }}.amount <= {{ rules }}.amount_above
            )
        )
        {%- for field in penstock.boundary_lists() %}
            or not list_contains({{ rules }}.{{ field }}_list, {{ record }}.{{ field }})
        {%- endfor %},
        false
    )
{% endmacro %}

{#- A condition that the record cannot be held against. -#}
{% macro is_unclear_boundary(record, rules, currency) %}
    (
        coalesce({{ rules }}.is_unclear, false)
        or (
            coalesce(
                {{ rules }}.amount_at_most,
                {{ rules }}.amount_below,
                {{ rules }}.amount_at_least,
                {{ rules }}.amount_above
            )
            is not null
            and (
                {{ record }}.amount is null or {{ record }}.currency is distinct from {{ currency }}
            )
        )
        {%- for field in penstock.boundary_lists() %}
            or ({{ rules }}.{{ field }}_list is not null and {{ record }}.{{ field }} is null)
        {%- endfor %}
    )
{% endmacro %}
