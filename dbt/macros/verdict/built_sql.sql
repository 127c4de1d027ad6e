{#- The SQL that each table and view above the facts was built by. The ledger keeps the part of it
    that the verdicts rest on, so that they can be judged again by the very same text. -#}
{% macro note_built_sql(results) %}
    {% if execute and flags.WHICH in ("build", "run") %}
        {% set relations, rows = [], [] %}
        {% for result in results
            if result.node.resource_type == "model"
            and result.status == "success"
            and result.node.config.schema in ("intermediate", "evidence_read", "gates", "marts") %}
            {% set relation = "'" ~ result.node.schema ~ "." ~ result.node.alias ~ "'" %}
            {% set sql = result.node.compiled_code | replace("'", "''") %}
            {% do relations.append(relation) %}
            {% do rows.append("(" ~ relation ~ ", '" ~ sql ~ "')") %}
        {% endfor %}
        {% do run_query(
            "create table if not exists intermediate.built_sql (relation varchar, sql varchar)"
        ) %}
        {% if rows %}
            {% do run_query(
                "delete from intermediate.built_sql where relation in (" ~ relations
                | join(", ") ~ ")"
            ) %}
            {% do run_query("insert into intermediate.built_sql values " ~ rows | join(", ")) %}
        {% endif %}
    {% endif %}
{% endmacro %}
