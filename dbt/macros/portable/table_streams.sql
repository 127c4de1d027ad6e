{#- Which raw table feeds which canonical stream, by the staging models that `streams` lists and what
    they are made from: a unit that could not be read might have been a record of any of them. -#}
{% macro table_streams() %}
    {%- for source, table, stream in penstock.fed_streams() %}
        select '{{ source }}' as source, '{{ table }}' as source_table, '{{ stream }}' as stream
        union all
    {%- endfor %}
    select
        cast(null as varchar) as source,
        cast(null as varchar) as source_table,
        cast(null as varchar) as stream
    where false
{% endmacro %}

{#- (source, table, stream) of everything that feeds a stream. -#}
{% macro fed_streams() %}
    {%- set rows = [] -%}
    {%- if execute -%}
        {%- for stream, models in var("streams", {}).items() -%}
            {%- set lane = {} -%}
            {%- for id, node in graph.nodes.items() if node.name in models -%}
                {%- do lane.update({id: true}) -%}
            {%- endfor -%}
            {#- no chain of models is longer than the number of models -#}
            {%- set grown = namespace(by=1) -%}
            {%- for step in range(graph.nodes | length) if grown.by > 0 -%}
                {%- set before = lane | length -%}
                {%- for id in lane.keys() | list if id in graph.nodes -%}
                    {%- for parent in graph.nodes[id].depends_on.nodes -%}
                        {%- do lane.update({parent: true}) -%}
                    {%- endfor -%}
                {%- endfor -%}
                {%- set grown.by = (lane | length) - before -%}
            {%- endfor -%}
            {%- for id in lane | sort if id in graph.sources -%}
                {%- set table = graph.sources[id] -%}
                {%- do rows.append((table.source_name, table.name, stream)) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {% do return(rows) %}
{% endmacro %}
