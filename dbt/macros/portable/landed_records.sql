{#- One row per landed record of every declared table: what it is known by, and what it says. Business
    figures and evidence of rails have no id: such a record is known by all that it says. -#}
{% macro landed_records(condition) %}
    {%- if execute -%}
        {%- set with_id = [] -%}
        {%- for source, table, stream in penstock.fed_streams() if stream not in ("kpis", "rail_evidence") -%}
            {%- do with_id.append((source, table)) -%}
        {%- endfor -%}
        {%- for node in graph.sources.values() | sort(attribute="unique_id") if penstock.landing_meta(node) %}
            select
                '{{ node.source_name }}' as source,
                '{{ node.name }}' as source_table,
                _file_sha256 as file_sha256,
                _place as place,
                _landing_batch as landing_batch,
                {{
                    penstock.number_of(
                        penstock.identity_of(node)
                        if (node.source_name, node.name) in with_id
                        else "_payload_sha256"
                    )
                }} as record_key,
                {{ penstock.number_of("_payload_sha256") }} as payload,
                _version as version
            from {{ node.schema }}.{{ node.identifier }}
            where {{ condition }}
            union all
        {%- endfor %}
    {%- endif %}
    select
        cast(null as varchar) as source,
        cast(null as varchar) as source_table,
        cast(null as varchar) as file_sha256,
        cast(null as bigint) as place,
        cast(null as varchar) as landing_batch,
        cast(null as bigint) as record_key,
        cast(null as bigint) as payload,
        cast(null as decimal(38, 9)) as version
    where false
{% endmacro %}

{% macro identity_of(node) -%}
    {%- set meta = penstock.landing_meta(node) -%}
    {%- for name in meta.get("identity", [meta.key]) -%}
        coalesce(cast("{{ name }}" as varchar), '') {{- " || ' ' || " if not loop.last -}}
    {%- endfor -%}
{%- endmacro %}
