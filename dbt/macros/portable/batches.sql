{#- Which landing batches a model makes now: those that this very build has not made. After a change
    of the heavy lane none is, so every batch whose files are still there is made again, and
    replaces its old self. Batches stand in the SQL as literals, because only by literals does an
    engine skip the rest of a table or of the landed files. -#}
{% macro only_new_batches(column="landing_batch") %}
    {%- if is_incremental() -%} {{ penstock.in_batches(column, penstock.new_batches()) }}
    {%- elif penstock.upto_batch() -%} {{ column }} <= '{{ penstock.upto_batch() }}'
    {%- else -%} true
    {%- endif -%}
{% endmacro %}

{#- The batches that hold anything of what the new ones touch. -#}
{% macro only_touched_batches(column="landing_batch") %}
    {%- if not is_incremental() -%} {{ penstock.only_new_batches(column) }}
    {%- else -%}
        {%- set touched -%}
            select distinct earlier.landing_batch
            from {{ ref("int_records__arrivals") }} as earlier
            where
                earlier.decision_key in (
                    select decision_key
                    from {{ ref("int_records__arrivals") }}
                    where {{ penstock.only_new_batches() }}
                )
        {%- endset -%}
        {{ penstock.in_batches(column, penstock.first_column(touched)) }}
    {%- endif -%}
{% endmacro %}

{#- The same for landed records, by the number of their key. -#}
{% macro only_batches_of_keys(column="landing_batch") %}
    {%- if not is_incremental() -%} {{ penstock.only_new_batches(column) }}
    {%- else -%}
        {%- set touched -%}
            select distinct landing_batch
            from {{ ref("int_records__landed") }}
            where
                record_key in (
                    select record_key
                    from {{ ref("int_records__landed") }}
                    where {{ penstock.only_new_batches() }}
                )
        {%- endset -%}
        {{ penstock.in_batches(column, penstock.first_column(touched)) }}
    {%- endif -%}
{% endmacro %}

{% macro new_batches() %}
    {% do return(penstock.first_column(penstock.unmade_batches())) %}
{% endmacro %}

{#- `penstock run` makes a large rebuild in parts: up to this batch, then on. -#}
{% macro upto_batch() -%} {{ env_var("PENSTOCK_UPTO_BATCH", "") }} {%- endmacro %}

{% macro first_column(query) %}
    {% do return(run_query(query).columns[0].values() | sort if execute else []) %}
{% endmacro %}

{% macro in_batches(column, batches) -%}
    {%- if batches -%} {{ column }} in ('{{ batches | join("', '") }}')
    {%- else -%} false
    {%- endif -%}
{%- endmacro %}

{#- 60 bits of a text's MD5 as a whole number. -#}
{% macro number_of(column) -%}
    cast('0x' || substr(md5({{ column }}), 1, 15) as bigint)
{%- endmacro %}
