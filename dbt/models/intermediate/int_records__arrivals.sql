{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="landing_batch",
        on_schema_change="fail",
    )
}}
{#- Which landing batches hold records of which decision, by a number of its id: what a batch of
    today touches is found here instead of in everything that ever landed. -#}
with
    records as (
        select decision_id, landing_batch
        from {{ ref("int_decisions__mapped") }}
        where {{ penstock.only_new_batches() }}
        union
        select decision_id, landing_batch
        from {{ ref("int_records__attached") }}
        where {{ penstock.only_new_batches() }}
    )

select distinct
    {{ penstock.number_of("decision_id") }} as decision_key,
    landing_batch,
    '{{ penstock.build_id() }}' as build_id
from records
