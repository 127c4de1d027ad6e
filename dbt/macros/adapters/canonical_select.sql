{#- `select` of all columns of a stream: `known` gives the SQL of those that the log tells, every
    other one is NULL and stays unknown. `rows` names what carries the landed columns, in a join. -#}
{% macro canonical_select(stream, known, relation, rows=none) %}
    {%- set columns = penstock.canonical_columns(stream) -%}
    {%- for name in known if name not in columns -%}
        {{ exceptions.raise_compiler_error(stream ~ " has no column " ~ name) }}
    {%- endfor %}
    select
        {%- for name, type in columns.items() %}
            cast({{ known.get(name, "null") }} as {{ type }}) as "{{ name }}",
        {%- endfor %}
        {%- for name in penstock.landed_columns() %}
            {{ rows ~ "." if rows }}"{{ name }}",
        {%- endfor %}
        '{{ penstock.declared_source(relation).source_name if execute }}' as source
{% endmacro %}

{#- Text that a declaration gives, as an SQL literal. -#}
{% macro text_or_null(text) -%}
    {%- if text is none -%} cast(null as varchar)
    {%- else -%} {{ dbt.string_literal(dbt.escape_single_quotes(text)) }}
    {%- endif -%}
{%- endmacro %}

{% macro text_list(texts) -%}
    {%- set literals = [] -%}
    {%- for text in texts -%} {%- do literals.append(penstock.text_or_null(text)) -%} {%- endfor -%}
    {{ literals | join(", ") }}
{%- endmacro %}
