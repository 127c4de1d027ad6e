{#- What Python writes and decide reads: made empty here, so that `dbt build` by hand works before
    the first evidence step, and every verdict is then `insufficient` or `error`. -#}
{% macro create_evidence_relations() %}
    {% if execute and flags.WHICH in ("build", "run", "test", "seed", "compile", "show") %}
        {% do run_query("create schema if not exists evidence") %}
        {% for node in graph.sources.values() if node.source_name == "evidence" %}
            {% set columns = [] %}
            {% for column in node.columns.values() %}
                {% do columns.append(column.name ~ " " ~ column.data_type) %}
            {% endfor %}
            {% do run_query(
                "create table if not exists evidence." ~ node.identifier ~ " (" ~ columns
                | join(", ") ~ ")"
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
