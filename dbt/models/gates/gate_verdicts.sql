{#- Every due criterion with its verdict. A test that is known to be weak still supports a declared
    `surface`; how many weak ones it bears is the business of level_within_evidence. What was weak too
    long ago is not known, and a segment that is weak says nothing of another that is unknown. -#}
with
    judged as (
        select *
        from {{ ref("gate_measured") }}
        union all by name
        select *
        from {{ ref("gate_mapped") }}
    ),

    known as (
        select
            *,
            own_verdict = 'fail'
            and declared_level = 'surface'
            and criterion_id in ('{{ penstock.autonomy_tests() | join("', '") }}')
            and status = 'ok'
            and n > 0
            and evidence_newest_date <= as_of
            and as_of - evidence_newest_date <= max_age_days as is_known_weak
        from judged
    ),

    -- of one that is measured per segment, `all` must be known in every segment
    borne as (
        select
            * exclude (is_known_weak),
            verdict = 'fail'
            and case
                when segment = 'all' and scope = 'segment'
                then
                    min(case when own_verdict = 'pass' or is_known_weak then 1 else 0 end) over (
                        partition by decision_class, criterion_id
                    )
                    = 1
                else is_known_weak
            end as is_borne
        from known
    )

select
    * exclude (own_verdict, verdict, reason, is_borne),
    case when is_borne then 'pass' else verdict end as verdict,
    case
        when is_borne
        then 'weak, which `surface` allows'
        when verdict = 'not_applicable'
        then not_applicable_reason
        when verdict = 'pass'
        then null
        when vetoed_by is not null
        then 'segment ' || vetoed_by || ' does not pass'
        when verdict = 'insufficient' and build_count = 0
        then 'nothing has landed yet'
        when build_count > 1
        then 'facts of more than one build; run `penstock run`'
        when verdict = 'fail' and alpha is not null and comparison = 'at_most'
        then
            'at least '
            || {{ penstock.shown("refuting_bound") }}
            || ' is shown, at most '
            || {{ penstock.shown("threshold") }}
            || ' allowed'
        when verdict = 'fail' and alpha is not null and comparison = 'at_least'
        then
            'at most '
            || {{ penstock.shown("refuting_bound") }}
            || ' is shown, '
            || {{ penstock.shown("threshold") }}
            || ' needed'
        when threshold_count is distinct from 1
        then 'no single threshold in force'
        when evidence_count is null and other_cohort_count > 0
        then 'the evidence belongs to another cohort'
        when evidence_count is null
        then 'no evidence maker yet'
        when coalesce(window_start, evidence_newest_date) < loosened_from
        then 'evidence from before the threshold was loosened on ' || loosened_from
        when verdict = 'stale' and evidence_newest_date is not null
        then concat_ws('; ', reason, 'newest evidence is of ' || evidence_newest_date)
        when reason is null and verdict in ('insufficient', 'fail') and comparison = 'at_most'
        then
            'the bound is '
            || {{ penstock.shown("bound") }}
            || ', at most '
            || {{ penstock.shown("threshold") }}
            || ' allowed'
        when reason is null and verdict in ('insufficient', 'fail') and comparison = 'at_least'
        then
            'the bound is '
            || {{ penstock.shown("bound") }}
            || ', '
            || {{ penstock.shown("threshold") }}
            || ' needed'
        else reason
    end as reason
from borne
