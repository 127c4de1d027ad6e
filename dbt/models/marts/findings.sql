{#- Signs that the numbers are being worked on, beside the scorecard: no verdict reads them. One row per
    class, finding, subject and week. -#}
with
    found as (
        select
            tests.decision_class,
            tests.finding,
            tests.subject,
            tests.week_start,
            tests.case_count,
            tests.case_total,
            tests.other_count,
            tests.other_total,
            tests.effect,
            tests.p_value
        from {{ source("evidence", "tripwires") }} as tests
        inner join {{ ref("int_run_context") }} as context using (as_of, known_batch)
        inner join {{ ref("penstock", "tripwires") }} as rules on tests.finding = rules.finding
        -- what nobody could compute is shown too
        where
            not coalesce(tests.is_explained, false)
            and coalesce(tests.p_value <= rules.alpha, true)
            and coalesce(tests.effect >= rules.minimum_effect, true)

        union all

        select
            effective.decision_class,
            'threshold_loosened',
            effective.criterion_id,
            cast(date_trunc('week', effective.loosened_from) as date),
            cast(null as bigint),
            cast(null as bigint),
            cast(null as bigint),
            cast(null as bigint),
            cast(effective.threshold as decimal(28, 9)),
            cast(null as decimal(28, 9))
        from {{ ref("int_thresholds__effective") }} as effective
        where effective.loosened_from is not null
    )

select
    context.as_of,
    classes.workflow,
    found.decision_class,
    found.finding,
    rules.title,
    found.subject,
    found.week_start,
    found.case_count,
    found.case_total,
    found.other_count,
    found.other_total,
    found.effect,
    found.p_value
from found
cross join {{ ref("int_run_context") }} as context
inner join {{ ref("penstock", "tripwires") }} as rules on found.finding = rules.finding
inner join {{ ref("decision_classes") }} as classes on found.decision_class = classes.decision_class
