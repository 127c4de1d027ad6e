{#- A source that already speaks a canonical stream: its declared columns are taken by name, the
    rest is NULL and stays unknown. -#}
{% macro native_stream(stream, relation) %}
    {%- set declared = penstock.declared_source(relation).columns if execute else {} -%}
    select
        {%- for name, type in penstock.canonical_columns(stream).items() %}
            {{ '"' ~ name ~ '"' if name in declared else "cast(null as " ~ type ~ ")" }}
            as "{{ name }}",
        {%- endfor %}
        {{ penstock.landed_select(relation) }}
    from {{ relation }}
{% endmacro %}

{% macro declared_source(relation) %}
    {% for node in graph.sources.values() if node.identifier == relation.identifier %}
        {% do return(node) %}
    {% endfor %}
    {{
        exceptions.raise_compiler_error(
            relation ~ " is not a declared source; add it to the sources YAML with meta.penstock"
        )
    }}
{% endmacro %}

{% macro landed_select(relation) %}
    {%- for name in penstock.landed_columns() %} "{{ name }}", {%- endfor %}
    '{{ penstock.declared_source(relation).source_name if execute }}' as source
{% endmacro %}

{#- The landed columns of a record whose row is as new as another record beside it. -#}
{% macro landed_but_batch(rows) -%}
    {%- set names = penstock.landed_columns() | reject("equalto", "_landing_batch") | list -%}
    {%- for name in names %} {{ rows }}."{{ name }}"{{ "," if not loop.last }} {%- endfor %}
{%- endmacro %}

{#- `union all` over the staging models that `vars: penstock: streams:` lists; typed and empty when
    the list is. -#}
{% macro union_stream(stream) %}
    {%- set models = var("streams", {}).get(stream, []) -%}
    {%- set columns = penstock.canonical_columns(stream) -%}
    {%- for model in models %}
        select
            {%- for name, type in columns.items() %}
                {#- an empty text says nothing, and must not stand for a subject or a version #}
                {%- if type == "varchar" %}
                    case when trim("{{ name }}") <> '' then cast("{{ name }}" as varchar) end
                {%- else %} cast("{{ name }}" as {{ type }})
                {%- endif %} as "{{ name }}",
            {%- endfor %}
            {%- for name in penstock.landed_columns() %} "{{ name }}", {%- endfor %}
            source
        from {{ ref(model) }} {{ "union all" if not loop.last }}
    {%- else %}
        select
            {%- for name, type in columns.items() %} cast(null as {{ type }}) as "{{ name }}",
            {%- endfor %}
            {%- for name, type in penstock.landed_columns().items() %}
                cast(null as {{ type }}) as "{{ name }}",
            {%- endfor %}
            cast(null as varchar) as source
        where false
    {%- endfor %}
{% endmacro %}
