{#- One row per waiver and its state at as_of. It is open only when everything that makes it one is
    known: two people, 30 days at most, money, a criterion that is no rule, and the risk owner of
    today as the one who approved it. -#}
select
    context.as_of,
    waivers.waiver_id,
    classes.workflow,
    waivers.decision_class,
    waivers.criterion_id,
    waivers.requested_by,
    waivers.approved_by,
    waivers.reason,
    cast(waivers.exposure_amount as decimal(18, 4)) as exposure_amount,
    waivers.currency,
    waivers.granted_at,
    waivers.expires_at,
    case
        when
            waivers.requested_by <> waivers.approved_by
            and waivers.reason is not null
            and waivers.exposure_amount > 0
            and waivers.currency = classes.currency
            and waivers.expires_at - waivers.granted_at <= 30
            and waivers.criterion_id not in {{ penstock.rules() }}
            and holders.person_id is not null
            and waivers.granted_at <= context.as_of
            and waivers.expires_at > context.as_of
        then 'open'
        when waivers.expires_at <= context.as_of
        then 'expired'
        when waivers.granted_at > context.as_of
        then 'not_yet'
        else 'void'
    end as state
from {{ ref("waivers") }} as waivers
cross join {{ ref("int_run_context") }} as context
left join
    {{ ref("decision_classes") }} as classes on waivers.decision_class = classes.decision_class
left join
    {{ ref("int_owners__active") }} as holders
    on classes.workflow = holders.workflow
    and waivers.approved_by = holders.person_id
    and holders.role = 'risk'
