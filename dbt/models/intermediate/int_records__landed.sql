{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook=["{{ penstock.forget_new_batches() }}", "{{ penstock.forget_made_batches() }}"],
        post_hook="{{ penstock.note_made_batches() }}",
        on_schema_change="fail",
    )
}}
{#- Every landed record by numbers: whether it came before is asked here, not of all landed files. -#}
select *, '{{ penstock.build_id() }}' as build_id
from ({{ penstock.landed_records(penstock.only_new_batches("_landing_batch")) }}) as landed
