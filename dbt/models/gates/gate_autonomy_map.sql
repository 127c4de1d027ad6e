{#- One row per class and segment: the outcome of the four tests, the level they recommend (unknown
    counted as weak) and would recommend at best (unknown counted as good), and the map digest. -#}
with
    tests as (
        select
            decision_class,
            segment,
            criterion_id,
            -- the tests recommend a level also where the declared one does not ask for them
            case
                verdict when 'pass' then 'good' when 'fail' then 'weak' else 'unknown'
            end as outcome
        from {{ ref("gate_tests") }}
    ),

    outcomes as (
        select
            decision_class,
            segment,
            {%- for test in penstock.autonomy_tests() %}
                coalesce(
                    max(case when criterion_id = '{{ test }}' then outcome end), 'unknown'
                ) as {{ test }}_test,
            {%- endfor %}
            coalesce(
                max(case when criterion_id = '{{ penstock.shadow_test() }}' then outcome end),
                'unknown'
            ) as shadow_outcome,
            4 - count(*) filter (
                where outcome = 'good' and criterion_id <> '{{ penstock.shadow_test() }}'
            ) as weak_or_unknown_count,
            count(*) filter (
                where outcome = 'weak' and criterion_id <> '{{ penstock.shadow_test() }}'
            ) as weak_count
        from tests
        group by decision_class, segment
    ),

    calibrated as (
        select
            classes.workflow,
            classes.decision_class,
            outcomes.segment,
            classes.boundary,
            classes.amount_limit,
            classes.currency,
            classes.declared_level,
            classes.taxonomy_version,
            outcomes.* exclude (decision_class, segment),
            {{
                penstock.recommended_level(
                    "outcomes.weak_or_unknown_count", "outcomes.shadow_outcome = 'good'"
                )
            }} as recommended_level,
            {{
                penstock.recommended_level(
                    "outcomes.weak_count", "outcomes.shadow_outcome <> 'weak'"
                )
            }} as best_case_level
        from outcomes
        inner join
            {{ ref("decision_classes") }} as classes
            on outcomes.decision_class = classes.decision_class
    ),

    -- `all` is signed for every segment, each of which has a level of its own
    found as (
        select
            decision_class,
            to_json(
                list(
                    [
                        segment,
                        recommended_level
                        {%- for test in penstock.autonomy_tests() %}, {{ test }}_test {%- endfor %}
                    ]
                    order by segment
                )
            ) as outcome_text
        from calibrated
        group by decision_class
    )

select calibrated.*, {{ penstock.map_digest() }} as map_digest
from calibrated
inner join {{ ref("gate_signed_terms") }} as terms using (decision_class)
inner join found using (decision_class)
