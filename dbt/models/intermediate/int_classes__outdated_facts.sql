{#- One row per class whose frozen facts contradict the taxonomy of today: they bear a name that it had
    before, or a cohort from before or after another day of beginning. What was disposed of is not made
    again, so a change of the taxonomy after it would leave failures, alarms and cohorts behind. -#}
with
    frozen as (
        select distinct facts.decision_class, facts.cohort_id, facts.event_date
        from {{ ref("fct_decisions_daily") }} as facts
        where
            facts.segment = 'all'
            and facts.landing_batch
            in (select landing_batch from {{ source("landing", "files") }} where is_frozen)
    ),

    outdated as (
        select
            renamed.decision_class,
            'disposed facts bear its former name ' || renamed.former_class as reason
        from frozen
        inner join
            {{ penstock.renamed_classes() }} as renamed
            on frozen.decision_class = renamed.former_class

        union all

        select frozen.decision_class, 'disposed facts know another day on which it began' as reason
        from frozen
        left join {{ penstock.begun_anew() }} as anew on frozen.decision_class = anew.decision_class
        where
            -- a cohort that nobody knows counts on both sides of the day
            frozen.cohort_id <> '(unknown)'
            and regexp_extract(frozen.cohort_id, '^before [0-9]{4}-[0-9]{2}-[0-9]{2}: ') <> case
                when frozen.event_date < anew.effective_from
                then 'before ' || anew.effective_from || ': '
                else ''
            end
    )

select decision_class, min(reason) as reason
from outdated
group by decision_class
