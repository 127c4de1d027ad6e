{#- One row per class and rung. A rung is proven when steps of it have begun, all of them are proven, and
    so is every rung before it. -#}
with
    rungs as (
        select
            unnest({{ penstock.rungs() }}) as rung,
            generate_subscripts({{ penstock.rungs() }}, 1) as rung_order
    ),

    counts as (
        select
            levels.workflow,
            levels.decision_class,
            levels.stage,
            rungs.rung,
            rungs.rung_order,
            count(proofs.rung) filter (where proofs.is_begun) as begun_count,
            count(proofs.rung) filter (where proofs.is_proven) as proven_count,
            min(proofs.starts_at) as first_date,
            string_agg(proofs.target, ', ' order by proofs.starts_at, proofs.target) filter (
                where proofs.is_begun and not proofs.is_proven
            ) as unproven_targets
        from {{ ref("gate_levels") }} as levels
        cross join rungs
        left join
            {{ ref("gate_expansion_proofs") }} as proofs
            on levels.decision_class = proofs.decision_class
            and rungs.rung = proofs.rung
        where levels.segment = 'all'
        group by levels.workflow, levels.decision_class, levels.stage, rungs.rung, rungs.rung_order
    )

select
    *,
    bool_and(begun_count > 0 and proven_count = begun_count) over (
        partition by decision_class
        order by rung_order
        rows between unbounded preceding and current row
    ) as is_proven
from counts
