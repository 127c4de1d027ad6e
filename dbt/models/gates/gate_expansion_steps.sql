{#- One row per registered step: may it be taken? A step that has begun fails unless its class is at scale
    and the rung before is proven; one that skips a rung fails before it begins. -#}
with
    steps as (
        select
            proofs.*,
            proofs.rung_order = 1 or before.first_date < proofs.starts_at as follows_rung,
            proofs.is_own_at_scale and (proofs.rung_order = 1 or before.is_proven) as is_allowed
        from {{ ref("gate_expansion_proofs") }} as proofs
        left join
            {{ ref("gate_rungs") }} as before
            on proofs.decision_class = before.decision_class
            and proofs.rung_order = before.rung_order + 1
    ),

    judged as (
        select
            *,
            case
                when rung_order is null or workflow is null or starts_at is null
                then 'error'
                when follows_rung is distinct from true
                then 'fail'
                when is_allowed
                then 'pass'
                when is_begun
                then 'fail'
                else 'insufficient'
            end as verdict
        from steps
    )

select
    * exclude (follows_rung, is_allowed),
    case
        when verdict = 'pass'
        then null
        when verdict = 'error'
        then 'no such rung or class'
        when follows_rung is distinct from true
        then 'skips the rung before: no step of it starts earlier'
        when not is_own_at_scale
        then 'the class is not at scale'
        else 'the rung before is not proven'
    end as reason
from judged
