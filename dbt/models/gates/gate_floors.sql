{#- One row per class and criterion: the strictest threshold that a recorded run judged by, and the day
    from which evidence counts because a run found a looser one in force than the run before it. The
    registry says so of itself; that it was dated back, or a stricter row deleted, the ledger tells. What
    was recorded is carried on for ever, also while the class, the criterion or its threshold is not there.
    A former name goes on with the class, so that a renaming that is undone sheds nothing. -#}
with
    renamed as (select * from {{ penstock.renamed_classes() }}),

    -- a renamed class is bound by what was recorded of it under any former name
    recorded as (
        select
            coalesce(renamed.decision_class, recorded.decision_class) as decision_class,
            recorded.* exclude (decision_class)
        from {{ source("evidence", "recorded_thresholds") }} as recorded
        left join renamed on recorded.decision_class = renamed.former_class
    ),

    -- the larger the looser, whichever way the criterion compares
    loose as (
        select
            coalesce(effective.decision_class, recorded.decision_class) as decision_class,
            coalesce(effective.criterion_id, recorded.criterion_id) as criterion_id,
            effective.threshold,
            case criteria.comparison when 'at_most' then 1 when 'at_least' then -1 end as sign,
            recorded.threshold as last_threshold,
            recorded.strictest_threshold,
            recorded.counts_from
        from {{ ref("int_thresholds__effective") }} as effective
        full join
            recorded
            on effective.decision_class = recorded.decision_class
            and effective.criterion_id = recorded.criterion_id
        left join
            {{ ref("penstock", "criteria") }} as criteria
            on coalesce(effective.criterion_id, recorded.criterion_id) = criteria.criterion_id
    ),

    strictest as (
        select
            decision_class,
            criterion_id,
            sign,
            sign * min(threshold) as looseness,
            min(sign * last_threshold) as last_looseness,
            min(sign * strictest_threshold) as least_looseness,
            max(counts_from) as counts_from,
            -- of a criterion of which nobody can say what is looser
            min(last_threshold) as last_threshold,
            min(strictest_threshold) as strictest_threshold
        from loose
        group by decision_class, criterion_id, sign
    ),

    floors as (
        select
            strictest.decision_class,
            strictest.criterion_id,
            cast(
                coalesce(sign * coalesce(looseness, last_looseness), last_threshold) as decimal(
                    28, 9
                )
            ) as threshold,
            cast(
                coalesce(sign * least(looseness, least_looseness), strictest_threshold) as decimal(
                    28, 9
                )
            ) as strictest_threshold,
            case
                when looseness > coalesce(last_looseness, least_looseness)
                then context.as_of
                when looseness <= least_looseness
                then null
                else strictest.counts_from
            end as counts_from
        from strictest
        cross join {{ ref("int_run_context") }} as context
    )

select *
from floors

union all

select renamed.former_class, floors.* exclude (decision_class)
from floors
inner join renamed using (decision_class)
