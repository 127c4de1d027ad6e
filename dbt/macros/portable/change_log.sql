{#- What a phase may see: all earlier batches, and its own batch once it is counted in. -#}
{% macro visible(relation) -%}
    (
        {{ relation }}.landing_batch < phases.landing_batch
        or (phases.sign = 1 and {{ relation }}.landing_batch = phases.landing_batch)
    )
{%- endmacro %}

{#- A time after its own landing (a day of clock skew allowed) is no known time. -#}
{% macro known_time(column) -%}
    case when {{ column }} <= _landed_at + interval 1 day then {{ column }} end
{%- endmacro %}

{% macro count_records(kind, condition) -%}
    sum(case when kind = '{{ kind }}' and ({{ condition }}) then 1 else 0 end)
{%- endmacro %}

{#- A fact is a sum of sign x measure, cast back: in DuckDB sum(bigint) is HUGEINT. -#}
{% macro signed_count(condition) -%}
    cast(sum(sign * case when {{ condition }} then 1 else 0 end) as bigint)
{%- endmacro %}

{% macro signed_sum(measure, type="bigint") -%}
    cast(sum(sign * coalesce({{ measure }}, 0)) as {{ type }})
{%- endmacro %}
