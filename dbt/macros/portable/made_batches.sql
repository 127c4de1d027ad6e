{#- Which build made which batch of which model stands in a small table: to ask the models
    themselves is to look through a year, and a batch that left no row would be made every day. -#}
{% macro create_made_batches() %}
    {% if execute and flags.WHICH in ("build", "run", "compile", "show") %}
        {% do run_query("create schema if not exists intermediate") %}
        {% do run_query(
            "create table if not exists intermediate.made_batches"
            ~ " (model varchar, landing_batch varchar, build_id varchar)"
        ) %}
    {% endif %}
{% endmacro %}

{% macro unmade_batches() %}
    select landing_batch
    from {{ source("landing", "files") }}
    where
        is_frozen is not true
        {%- if penstock.upto_batch() %}
            and landing_batch <= '{{ penstock.upto_batch() }}'
        {% endif %}
    except
    select landing_batch
    from intermediate.made_batches
    where model = '{{ penstock.this_model() }}' and build_id = '{{ penstock.build_id() }}'
{% endmacro %}

{#- After a model. -#}
{% macro note_made_batches() %}
    {{ "insert into intermediate.made_batches" }}
    select '{{ penstock.this_model() }}', landing_batch, '{{ penstock.build_id() }}'
    from ({{ penstock.unmade_batches() }}) as unmade
{% endmacro %}

{% macro this_model() -%} {{ this.schema ~ "." ~ this.identifier }} {%- endmacro %}
