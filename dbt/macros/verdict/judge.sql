{#- Due rows first, evidence second: joins the evidence of exactly this run to every due criterion
    and judges it. `evidence` and `due` are relations or CTE names. -#}
{% macro judge(due, evidence) %}
    with
        due as (select * from {{ due }}),

        evidence as (
            select evidence.*
            from {{ evidence }} as evidence
            inner join
                {{ ref("int_run_context") }} as context
                on evidence.as_of = context.as_of
                and evidence.known_batch = context.known_batch
        ),

        settled as (
            select
                due.decision_class,
                due.segment,
                due.criterion_id,
                count(*) filter (
                    where evidence.cohort_id in (due.cohort_id, '*')
                ) as evidence_count,
                count(*) filter (
                    where evidence.cohort_id not in (due.cohort_id, '*')
                ) as other_cohort_count,
                {%- for column in [
                    "estimate",
                    "bound",
                    "refuting_bound",
                    "threshold_used",
                    "alpha",
                    "method",
                    "n",
                    "n_effective",
                    "n_missing",
                    "n_needed",
                    "window_start",
                    "window_end",
                    "evidence_newest_date",
                    "status",
                    "reason",
                ] %}
                    min(evidence.{{ column }}) filter (
                        where evidence.cohort_id in (due.cohort_id, '*')
                    ) as {{ column }}{{ "," if not loop.last }}
                {%- endfor %}
            from due
            inner join
                evidence
                on due.criterion_id = evidence.criterion_id
                and due.decision_class = evidence.decision_class
                and due.evidence_segment = evidence.segment
            group by due.decision_class, due.segment, due.criterion_id
        ),

        joined as (
            select
                due.*,
                settled.* exclude (
                    decision_class, segment, criterion_id, evidence_count, other_cohort_count
                ),
                nullif(settled.evidence_count, 0) as evidence_count,
                coalesce(settled.other_cohort_count, 0) as other_cohort_count,
                (select build_count from {{ ref("evd_builds") }}) as build_count
            from due
            left join settled using (decision_class, segment, criterion_id)
        ),

        judged as (select *, {{ penstock.criterion_verdict() }} as own_verdict from joined),

        -- what is measured per segment holds for `all` only when it holds in every segment
        worst as (
            select
                *,
                first_value(segment) over worst_first as worst_segment,
                first_value(own_verdict) over worst_first as worst_verdict
            from judged
            window
                worst_first as (
                    partition by decision_class, criterion_id
                    order by
                        {{ penstock.verdict_rank("own_verdict") }} desc,
                        segment = 'all' desc,
                        segment
                )
        )

    select
        * exclude (worst_segment, worst_verdict),
        case
            when segment = 'all' and scope = 'segment' then worst_verdict else own_verdict
        end as verdict,
        case
            when segment = 'all' and scope = 'segment' and worst_segment <> 'all' then worst_segment
        end as vetoed_by
    from worst
{% endmacro %}
