{#- One row per class and segment: the last day on which its level may be relied on without another run. No
    later than the gates that gave it, of the segment and of the whole, the amounts that are proven, and
    the waivers that hold it. -#}
with
    ends as (
        select levels.decision_class, levels.segment, validity.valid_until_date as last_date
        from {{ ref("gate_levels") }} as levels
        inner join
            {{ ref("gate_validity") }} as validity
            on levels.decision_class = validity.decision_class
            and validity.segment in (levels.segment, 'all')
            -- the fifth gate gives a stage and no level
            and validity.gate_order <= least(levels.gates_passed, 4)

        union all

        select
            levels.decision_class,
            levels.segment,
            coalesce(bands.evidence_newest_date + cast(bands.max_age_days as integer), levels.as_of)
        from {{ ref("gate_levels") }} as levels
        inner join
            {{ ref("gate_amount_bands") }} as bands
            on levels.decision_class = bands.decision_class
            and bands.is_supported

        union all

        select decision_class, segment, held_until - 1
        from {{ ref("gate_levels") }}
        where held_until is not null
    ),

    first_end as (
        select decision_class, segment, min(last_date) as last_date
        from ends
        group by decision_class, segment
    )

select
    levels.decision_class,
    levels.segment,
    least({{ penstock.last_valid_date("levels.as_of") }}, first_end.last_date) as valid_until_date
from {{ ref("gate_levels") }} as levels
left join first_end using (decision_class, segment)
