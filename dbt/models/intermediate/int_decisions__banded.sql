{#- One row per change of a class with registered amount limits, its band as its segment: the smallest
    limit that is not below the amount. An amount that is missing, negative, in another currency than
    the class's, or in conflict may lie in any band. -#}
with
    bands as (
        select
            decision_class,
            amount_limit,
            coalesce(
                lag(amount_limit) over (partition by decision_class order by amount_limit), -1
            ) as amount_above
        from {{ ref("amount_limits") }}
    ),

    limited as (
        select classes.decision_class, classes.currency
        from {{ ref("decision_classes") }} as classes
        where classes.decision_class in (select decision_class from bands)
    ),

    changes as (
        select
            changes.*,
            coalesce(
                not changes.is_conflict
                and changes.amount >= 0
                and changes.currency = limited.currency,
                false
            ) as is_amount_known
        from {{ ref("int_decisions__changes") }} as changes
        inner join limited on changes.decision_class = limited.decision_class
    )

select
    changes.* exclude (is_amount_known),
    case
        when not changes.is_amount_known
        then 'amount=(unknown)'
        when bands.amount_limit is null
        then 'amount=(above)'
        else 'amount=' || cast(cast(bands.amount_limit as decimal(18, 4)) as varchar)
    end as segment
from changes
left join
    bands
    on changes.is_amount_known
    and changes.decision_class = bands.decision_class
    and changes.amount > bands.amount_above
    and changes.amount <= bands.amount_limit
