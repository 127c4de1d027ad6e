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

{#- Whether records of one id contradict each other. A later version (of a source that declares
    `updates`) replaces an earlier one of the same source; the named columns it may only fill in. -#}
{% macro is_conflict(gate_columns) -%}
    (
        min(payload_sha256) <> max(payload_sha256)
        and (
            count(version) < count(*)
            or min(source) <> max(source)
            or min(case when is_latest then payload_sha256 end)
            <> max(case when is_latest then payload_sha256 end)
            {%- for column in gate_columns %}
                or min({{ column }}) <> max({{ column }})
                or (count({{ column }}) > 0 and bool_or(is_latest and {{ column }} is null))
            {%- endfor %}
        )
    )
{%- endmacro %}

{#- A record that names no decision is one of its own. -#}
{% macro id_of_decision(rows="") -%}
    coalesce({{ rows }}decision_id, 'nameless:' || {{ rows }}_payload_sha256)
{%- endmacro %}

{#- The workflow that the chosen records name; where they name two, or none, it is unknown. -#}
{% macro one_workflow(condition="true") -%}
    {%- set named -%}
        case when {{ condition }} then coalesce(workflow, '(unknown)') end
    {%- endset -%}
    case when min({{ named }}) = max({{ named }}) then min({{ named }}) else '(unknown)' end
{%- endmacro %}
