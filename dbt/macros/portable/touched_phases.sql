{#- CTEs of the change log: what the new batches touch, before (-1) and after (1) each. -#}
{% macro touched_phases() %}
    {%- set is_new = penstock.only_new_batches() %}
    touched as (
        select decision_id, landing_batch
        from decisions
        where {{ is_new }}
        union
        select decision_id, landing_batch
        from attached
        where {{ is_new }}
    ),

    phases as (
        select touched.decision_id, touched.landing_batch, signs.sign
        from touched
        cross join
            (
                select -1 as sign
                union all
                select 1 as sign
            ) as signs
    )
{% endmacro %}
