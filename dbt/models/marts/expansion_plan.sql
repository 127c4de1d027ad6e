{#- The next safe rung of every class: the first that is not proven. Reviews still needed are clean labels
    of the audit sample, at the pace of its last 28 mature days. -#}
with
    open_criteria as (
        select
            decision_class,
            arg_min(gate, gate_order) as next_gate,
            -- the worst first, as on the scorecard
            arg_min(
                criterion_id || coalesce(': ' || reason, ''),
                gate_order * 1000 - {{ penstock.verdict_rank("verdict") }} * 100 + criterion_order
            ) as first_blocker,
            string_agg(
                criterion_id,
                ', '
                order by gate_order, {{ penstock.verdict_rank("verdict") }} desc, criterion_order
            ) as blocked_by
        from {{ ref("gate_verdicts") }}
        where segment = 'all' and verdict not in ('pass', 'not_applicable')
        group by decision_class
    ),

    unproven as (
        select
            decision_class,
            segment,
            -- what is shown to be bad, no number of labels mends
            if(verdict = 'fail', null, cast(n_needed as bigint)) as n_needed,
            window_end as mature_date
        from {{ ref("gate_verdicts") }}
        where criterion_id = 'accuracy' and verdict not in ('pass', 'not_applicable')
    ),

    clean_trials as (
        select samples.decision_class, samples.segment, samples.subject_key
        from {{ ref("fct_samples_weekly") }} as samples
        inner join unproven using (decision_class, segment)
        cross join {{ ref("int_run_context") }} as context
        where
            samples.landing_batch <= context.known_batch
            and samples.event_date > unproven.mature_date - 28
            and samples.event_date <= unproven.mature_date
        group by
            samples.decision_class,
            samples.segment,
            samples.subject_key,
            date_trunc('week', samples.event_date)
        having sum(samples.labelled_count) > 0 and sum(samples.wrong_count) = 0
    ),

    paces as (
        select decision_class, segment, count(*) as trial_count
        from clean_trials
        group by decision_class, segment
    ),

    needs as (
        select
            unproven.decision_class,
            count(*) as open_count,
            count(unproven.n_needed) as known_count,
            max(unproven.n_needed) as reviews_needed,
            count(paces.trial_count) as paced_count,
            -- days in whole numbers, rounded up
            max(
                divide(unproven.n_needed * 28 + paces.trial_count - 1, paces.trial_count)
            ) as review_days_needed
        from unproven
        left join paces using (decision_class, segment)
        group by unproven.decision_class
    ),

    findings as (
        select
            decision_class,
            string_agg(
                rung || ' ' || target || ': ' || reason, '; ' order by rung_order, target
            ) as finding
        from {{ ref("gate_expansion_steps") }}
        where verdict not in ('pass', 'insufficient')
        group by decision_class
    ),

    next_rungs as (
        select *
        from {{ ref("gate_rungs") }}
        qualify row_number() over (partition by decision_class order by is_proven, rung_order) = 1
    )

select
    levels.as_of,
    levels.workflow,
    levels.decision_class,
    levels.stage,
    levels.effective_level,
    case
        when next_rungs.rung_order > 1 then {{ penstock.rungs() }} [next_rungs.rung_order - 1]
    end as proven_rung,
    next_rungs.rung as next_rung,
    case
        when levels.stage is distinct from 'scale'
        then 'blocked'
        when next_rungs.begun_count > 0
        then 'begun'
        else 'open'
    end as status,
    open_criteria.next_gate,
    open_criteria.blocked_by,
    open_criteria.first_blocker,
    next_rungs.unproven_targets,
    case
        when needs.open_count is null
        then 0
        when needs.known_count = needs.open_count
        then needs.reviews_needed
    end as reviews_needed,
    case
        when needs.open_count is null
        then 0
        when needs.known_count = needs.open_count and needs.paced_count = needs.open_count
        then needs.review_days_needed
    end as review_days_needed,
    findings.finding
from {{ ref("gate_levels") }} as levels
inner join next_rungs using (decision_class)
left join open_criteria using (decision_class)
left join needs using (decision_class)
left join findings using (decision_class)
where levels.segment = 'all'
