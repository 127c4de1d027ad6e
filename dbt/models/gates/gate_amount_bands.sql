{#- Every registered amount limit, its band judged like `accuracy`: the error in the band against the
    same threshold. A limit is supported when its band and every stricter one pass: from strict to
    loose, and no further than the first that does not pass. -#}
with
    limits as (
        select
            due.* exclude (segment, evidence_segment, scope),
            'amount=' || cast(cast(limits.amount_limit as decimal(18, 4)) as varchar) as segment,
            'amount='
            || cast(cast(limits.amount_limit as decimal(18, 4)) as varchar) as evidence_segment,
            'class' as scope,
            cast(limits.amount_limit as decimal(18, 4)) as amount_limit
        from {{ ref("gate_due") }} as due
        inner join
            {{ ref("amount_limits") }} as limits on due.decision_class = limits.decision_class
        where due.criterion_id = 'accuracy' and due.segment = 'all'
    ),

    judged as ({{ penstock.judge("limits", source("evidence", "amount_bands")) }}),

    volumes as (
        select
            evidence.decision_class,
            evidence.amount_limit,
            min(evidence.weekly_decision_count) as weekly_decision_count,
            min(evidence.weekly_other_count) as weekly_other_count
        from {{ source("evidence", "amount_bands") }} as evidence
        inner join
            {{ ref("int_run_context") }} as context
            on evidence.as_of = context.as_of
            and evidence.known_batch = context.known_batch
        group by evidence.decision_class, evidence.amount_limit
    )

select
    judged.*,
    volumes.weekly_decision_count,
    volumes.weekly_other_count,
    sum(case when judged.verdict = 'pass' then 0 else 1 end) over (
        partition by judged.decision_class
        order by judged.amount_limit
        rows between unbounded preceding and current row
    )
    = 0 as is_supported
from judged
left join volumes using (decision_class, amount_limit)
