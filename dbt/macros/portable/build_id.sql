{#- Digest of the heavy lane: the facts and everything they are made from, seeds included, and the
    product's macros (their digest stands in dbt_project.yml; a test holds it to the files). -#}
{% macro build_id() -%}
    {%- if execute -%}
        {%- set lane = {} -%}
        {%- for id, node in graph.nodes.items() if node.config.get("schema") == "facts" -%}
            {%- do lane.update({id: node.checksum.checksum}) -%}
        {%- endfor -%}
        {#- no chain of models is longer than the number of models -#}
        {%- set grown = namespace(by=1) -%}
        {%- for step in range(graph.nodes | length) if grown.by > 0 -%}
            {%- set before = lane | length -%}
            {%- for id in lane.keys() | list -%}
                {%- for parent in graph.nodes[id].depends_on.nodes if parent in graph.nodes -%}
                    {%- do lane.update({parent: graph.nodes[parent].checksum.checksum}) -%}
                {%- endfor -%}
            {%- endfor -%}
            {%- set grown.by = (lane | length) - before -%}
        {%- endfor -%}
        {%- set parts = [var("macros_digest"), tojson(var("streams", {}), sort_keys=true)] -%}
        {#- by what records are told apart, which of them counts, and what of them is read -#}
        {%- for id in graph.sources | sort if penstock.landing_meta(graph.sources[id]) -%}
            {%- set meta = penstock.landing_meta(graph.sources[id]) -%}
            {%- set columns = {} -%}
            {%- for column in graph.sources[id].columns.values() -%}
                {%- do columns.update(
                    {column.name: [column.name, penstock.landed_type(column)]}
                ) -%}
            {%- endfor -%}
            {%- do parts.append(
                id
                ~ "="
                ~ tojson(
                    [
                        meta.key,
                        meta.get("identity"),
                        meta.get("updates"),
                        columns.values() | list,
                    ]
                )
            ) -%}
        {%- endfor -%}
        {%- for id in lane | sort -%} {%- do parts.append(id ~ "=" ~ lane[id]) -%} {%- endfor -%}
        {{ local_md5(parts | join("\n")) }}
    {%- endif -%}
{%- endmacro %}
