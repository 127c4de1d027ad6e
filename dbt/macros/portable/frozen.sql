{#- Landed rows that went by age. The facts of their batches stay as they are (frozen), and so do
    those of batches that touch a decision of theirs. What comes later for such a decision is judged
    without what went: a record that says the same is a repetition, a label hangs on a decision that is
    missing, and another decision record under that id is in conflict. None of it helps. -#}
{% macro disposed_batches() %} {% do return(penstock.batches_where("is_disposed")) %} {% endmacro %}

{% macro frozen_batches() %} {% do return(penstock.batches_where("is_frozen")) %} {% endmacro %}

{% macro batches_where(condition) %}
    {%- set batches -%}
        select distinct landing_batch from {{ source("landing", "files") }} where {{ condition }}
    {%- endset -%}
    {% do return(penstock.first_column(batches)) %}
{% endmacro %}

{#- Whether rows of the decision went. -#}
{% macro is_of_frozen_decision(decision_id="decision_id") -%}
    {%- set disposed = penstock.disposed_batches() -%}
    {%- if disposed -%}
        {{ penstock.number_of(decision_id) }} in (
            select decision_key
            from {{ ref("int_records__arrivals") }}
            where {{ penstock.in_batches("landing_batch", disposed) }}
        )
    {%- else -%} false
    {%- endif -%}
{%- endmacro %}

{#- Of such a decision neither what is in frozen facts already, nor what repeats it. -#}
{% macro without_frozen_records() -%}
    {%- set frozen = penstock.frozen_batches() -%}
    {%- if frozen -%}
        and not (
            {{ penstock.is_of_frozen_decision() }}
            and (
                {{ penstock.in_batches("landing_batch", frozen) }}
                or {{ penstock.number_of("payload_sha256") }} in (
                    select payload
                    from {{ ref("int_records__landed") }}
                    where {{ penstock.in_batches("landing_batch", frozen) }}
                )
            )
        )
    {%- endif -%}
{%- endmacro %}

{#- A landed record that says word for word what one that went said. -#}
{% macro repeats_disposed() -%}
    {%- set disposed = penstock.disposed_batches() -%}
    {%- if disposed -%}
        {{ penstock.number_of("_payload_sha256") }} in (
            select payload
            from {{ ref("int_records__landed") }}
            where {{ penstock.in_batches("landing_batch", disposed) }}
        )
    {%- else -%} false
    {%- endif -%}
{%- endmacro %}

{#- One that says something else under the id of one that went. -#}
{% macro contradicts_disposed() -%}
    {%- set disposed = penstock.disposed_batches() -%}
    {%- if disposed -%}
        {{ penstock.number_of("_payload_sha256") }} in (
            select fresh.payload
            from {{ ref("int_records__landed") }} as fresh
            inner join
                {{ ref("int_records__landed") }} as gone
                on fresh.source = gone.source
                and fresh.source_table = gone.source_table
                and fresh.record_key = gone.record_key
            where
                {{ penstock.in_batches("gone.landing_batch", disposed) }}
                and not {{ penstock.in_batches("fresh.landing_batch", disposed) }}
        )
    {%- else -%} false
    {%- endif -%}
{%- endmacro %}

{#- A table that would be made anew loses what cannot be made again. -#}
{% macro refuse_to_lose_frozen() %}
    {%- set is_by_batch = execute and config.get("materialized") == "incremental" -%}
    {%- if is_by_batch and not is_incremental() and penstock.frozen_batches() -%}
        {%- set made -%}
            select landing_batch
            from intermediate.made_batches
            where
                model = '{{ penstock.this_model() }}'
                and {{ penstock.in_batches("landing_batch", penstock.frozen_batches()) }}
        {%- endset -%}
        {%- if penstock.first_column(made) -%}
            {{
                exceptions.raise_compiler_error(
                    penstock.this_model()
                    ~ " holds facts of landed rows that were disposed of, and is gone or would be made"
                    ~ " anew: restore the warehouse from its backup"
                )
            }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
