{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook=["{{ penstock.forget_new_batches() }}", "{{ penstock.forget_made_batches() }}"],
        post_hook="{{ penstock.note_made_batches() }}",
        on_schema_change="fail",
    )
}}
{#- Which landing batches hold records of which decision, by a number of its id: what a batch of
    today touches is found here instead of in everything that ever landed. -#}
{%- set is_new = penstock.only_new_batches() %}
with
    decisions as ({{ penstock.union_stream("decisions") }}),

    records as (
        select {{ penstock.id_of_decision() }} as decision_id, _landing_batch as landing_batch
        from decisions
        union all
        select decision_id, landing_batch
        from {{ ref("int_records__attached") }}
    )

select distinct
    {{ penstock.number_of("decision_id") }} as decision_key,
    landing_batch,
    '{{ penstock.build_id() }}' as build_id
from records
where {{ is_new }}
