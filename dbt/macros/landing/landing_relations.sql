{#- One view per declared source table, typed and empty while nothing has landed. Rows count only
    when their file stands in the manifest: the manifest entry is written last, so what a killed
    landing left behind is never read. -#}
{% macro landing_folder() -%}
    {{ env_var("PENSTOCK_HOME", ".penstock") ~ "/landing" }}
{%- endmacro %}

{% macro has_files(pattern) %}
    {% set found = run_query("select count(*) from glob('" ~ pattern ~ "')") %}
    {% do return(found.columns[0].values()[0] > 0) %}
{% endmacro %}

{#- A column that older files do not have is NULL in their rows. -#}
{% macro typed_source(pattern, columns, reader, condition="true") %}
    {%- set nothing -%}
        select
        {%- for name, type in columns.items() %}
            cast(null as {{ type }}) as "{{ name }}"{{ "," if not loop.last }}
        {%- endfor %}
        where false
    {%- endset -%}
    {%- if penstock.has_files(pattern) -%}
        select
            {%- for name, type in columns.items() %}
                cast("{{ name }}" as {{ type }}) as "{{ name }}"{{ "," if not loop.last }}
            {%- endfor %}
        from
            (
                {{ nothing }}
                union all by name
                select *
                from {{ reader }}
            )
        where {{ condition }}
    {%- else -%} {{ nothing }}
    {%- endif -%}
{% endmacro %}

{% macro landed_columns() %}
    {% do return(
        {
            "_landing_batch": "varchar",
            "_landed_at": "timestamptz",
            "_file_sha256": "varchar",
            "_place": "bigint",
            "_payload_sha256": "varchar",
            "_version": "decimal(38, 9)",
        }
    ) %}
{% endmacro %}

{#- Of a source whose records come again, filled in: a later version has a greater number. -#}
{% macro version_of(node) -%}
    {%- set updates = penstock.landing_meta(node).get("updates", "never") -%}
    {%- set column = node.columns.get(updates.version) if updates is mapping -%}
    {%- if not column -%} null
    {%- elif column.data_type | lower == "timestamptz" -%} epoch_us("{{ column.name }}")
    {%- else -%} "{{ column.name }}"
    {%- endif -%}
{%- endmacro %}

{% macro create_landing_relations() %}
    {% if execute and flags.WHICH in ("build", "run", "test", "seed", "compile", "show") %}
        {% set folder = penstock.landing_folder() %}
        {% do run_query("create schema if not exists landing") %}
        {% do run_query(
            "create table if not exists landing.run_context (as_of date, known_batch varchar)"
        ) %}
        {% do penstock.create_manifest_views(folder) %}
        {% for node in graph.sources.values() if penstock.landing_meta(node) %}
            {% set types = {} %}
            {% for column in node.columns.values() %}
                {% do types.update({column.name: penstock.landed_type(column)}) %}
            {% endfor %}
            {% do types.update(penstock.landed_columns()) %}
            {% set version = types.pop("_version") %}
            {% set pattern = folder ~ "/" ~ node.source_name ~ "__" ~ node.name ~ "/*.parquet" %}
            {% set landed = (
                "_file_sha256 in (select file_sha256 from landing.files"
                ~ " where status = 'landed' and is_disposed is not true and source = '"
                ~ node.source_name
                ~ "' and \"table\" = '"
                ~ node.name
                ~ "')"
            ) %}
            {% do run_query(
                "create or replace view landing."
                ~ node.identifier
                ~ " as select *, cast("
                ~ penstock.version_of(node)
                ~ " as "
                ~ version
                ~ ') as "_version" from ('
                ~ penstock.typed_source(
                    pattern,
                    types,
                    "read_parquet('" ~ pattern ~ "', union_by_name = true)",
                    landed,
                )
                ~ ")"
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{#- Of a person a pseudonym lands, which is text also where the name was a number. -#}
{% macro landed_type(column) %}
    {% set flags = penstock.landing_meta(column) or {} %}
    {% if column.name in ("subject_id", "reviewer_id") or flags.get("pseudonym") %}
        {% do return("varchar") %}
    {% endif %}
    {% do return(column.data_type) %}
{% endmacro %}

{% macro landing_meta(node) %}
    {% do return(
        (node.config.get("meta") or {}).get("penstock")
        or (node.meta or {}).get("penstock")
    ) %}
{% endmacro %}
