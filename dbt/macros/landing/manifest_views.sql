{#- The books of landing: one row per file, one per quarantined unit, one per
    registered reviewer under a pseudonym. The files' is read once per run, one JSON per file, because
    every view of landed rows asks it. -#}
{% macro create_manifest_views(folder) %}
    {% set file_types = {
        "source": "varchar",
        "table": "varchar",
        "file_name": "varchar",
        "byte_count": "bigint",
        "file_sha256": "varchar",
        "parquet_sha256": "varchar",
        "status": "varchar",
        "reason": "varchar",
        "unit_count": "bigint",
        "landed_count": "bigint",
        "quarantined_count": "bigint",
        "blank_count": "bigint",
        "first_event_at": "timestamptz",
        "last_event_at": "timestamptz",
        "landed_at": "timestamptz",
        "landing_batch": "varchar",
        "parser_version": "varchar",
        "repairs": "varchar",
        "corrected_by": "varchar",
        "is_disposed": "boolean",
        "is_frozen": "boolean",
    } %}
    {% set quarantine_types = {
        "source": "varchar",
        "table": "varchar",
        "file_sha256": "varchar",
        "file_name": "varchar",
        "place": "bigint",
        "reason_code": "varchar",
        "column_name": "varchar",
        "detail": "varchar",
        "unit_sha256": "varchar",
        "landing_batch": "varchar",
        "landed_at": "timestamptz",
    } %}
    {% set files = folder ~ "/_files/*.json" %}
    {% set types = [] %}
    {% for name, type in file_types.items() %}
        {% do types.append('"' ~ name ~ "\": '" ~ type ~ "'") %}
    {% endfor %}
    {% do run_query(
        "create or replace table landing.manifest as "
        ~ penstock.typed_source(
            files,
            file_types,
            "read_json('" ~ files ~ "', format = 'unstructured', columns = {" ~ types
            | join(", ") ~ "})",
        )
    ) %}
    {% do run_query("create or replace view landing.files as select * from landing.manifest") %}
    {% set reviewers = folder ~ "/_registry/reviewers.json" %}
    {% do run_query(
        "create or replace view landing.reviewers as "
        ~ penstock.typed_source(
            reviewers,
            {"reviewer_id": "varchar", "review_pool": "varchar"},
            "read_json('"
            ~ reviewers
            ~ "', format = 'newline_delimited', "
            ~ "columns = {'reviewer_id': 'varchar', 'review_pool': 'varchar'})",
        )
    ) %}
    {% do penstock.create_quarantine_view(folder, quarantine_types) %}
{% endmacro %}

{#- Units that a retry repaired say since which batch, and which content holds them now. The retry
    counts when its own entry stands in the books; a unit counts as repaired once, the first time. -#}
{% macro create_quarantine_view(folder, refused_types) %}
    {% set repaired_types = {
        "source": "varchar",
        "table": "varchar",
        "file_sha256": "varchar",
        "place": "bigint",
        "landed_in_sha256": "varchar",
        "repair_sha256": "varchar",
        "landing_batch": "varchar",
    } %}
    {% set refused = folder ~ "/_quarantine/*.parquet" %}
    {% set repaired = folder ~ "/_repaired/*.parquet" %}
    {% set is_vouched = (
        '(repair_sha256, file_sha256, source, "table") in '
        ~ '(select (file_sha256, repairs, source, "table") from landing.files '
        ~ "where status = 'landed')"
    ) %}
    {% do run_query(
        "create or replace view landing.quarantine as select refused.*, "
        ~ "repaired.repaired_batch, repaired.landed_in_sha256 from ("
        ~ penstock.typed_source(refused, refused_types, "read_parquet('" ~ refused ~ "')")
        ~ ') as refused left join (select source, "table", file_sha256, place, '
        ~ "min(landing_batch) as repaired_batch, "
        ~ "arg_min(landed_in_sha256, landing_batch) as landed_in_sha256 from ("
        ~ penstock.typed_source(
            repaired, repaired_types, "read_parquet('" ~ repaired ~ "')", is_vouched
        )
        ~ ') as listed group by source, "table", file_sha256, place) as repaired '
        ~ 'using (source, "table", file_sha256, place)'
    ) %}
{% endmacro %}
