{#- `select` of one stream's records that hang on a decision. `id` is what such a record is known by;
    without it, it is known by all that it says. What `known` does not give is NULL. -#}
{% macro attached_record(kind, name, id, recorded_at, known) %}
    {%- set columns = {
        "outcome": "varchar",
        "label": "varchar",
        "verdict": "varchar",
        "is_blind": "boolean",
        "is_seeded": "boolean",
        "is_success": "boolean",
        "is_drill": "boolean",
        "inclusion_probability": "decimal(9, 6)",
        "workflow": "varchar",
        "review_pool": "varchar",
        "reviewer_id": "varchar",
    } -%}
    {%- for column in known if column not in columns -%}
        {{ exceptions.raise_compiler_error("an attached record has no column " ~ column) }}
    {%- endfor -%}
    {%- set record_id -%}
        '{{ name }}:' || coalesce({{ id }}, _payload_sha256)
    {%- endset %}
    select
        coalesce(decision_id, {{ record_id }}) as decision_id,
        '{{ kind }}' as kind,
        {{ record_id }} as record_id,
        {{ penstock.known_time(recorded_at) }} as recorded_at,
        {%- for column, type in columns.items() %}
            cast({{ known.get(column, "null") }} as {{ type }}) as {{ column }},
        {%- endfor %}
        source,
        _payload_sha256 as payload_sha256,
        _landed_at as landed_at,
        _landing_batch as landing_batch,
        _version as version
{% endmacro %}
