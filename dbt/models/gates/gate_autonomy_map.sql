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

    thresholds as (
        select
            decision_class,
            string_agg(
                criterion_id || '=' || coalesce(cast(threshold as varchar), '(absent)'),
                ';'
                order by criterion_id
            ) as threshold_text
        from {{ ref("int_thresholds__effective") }}
        group by decision_class
    ),

    -- a segment that is no longer declared escapes its veto: that is another map
    segments as (
        select
            workflow,
            -- JSON, so that no value can be read as two
            to_json(
                list([segment_dimension, segment_value] order by segment_dimension, segment_value)
            ) as segment_text
        from {{ ref("segments") }}
        group by workflow
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
            }} as best_case_level,
            thresholds.threshold_text,
            segments.segment_text,
            to_json(
                struct_pack(
                    {%- for column in [
                        "reversibility",
                        "is_regulated",
                        "cost_of_delay_amount",
                        "error_cost",
                        "error_cost_amount",
                        "label_outcome",
                        "label_delay_days",
                        "latency_limit_ms",
                        "operating_confidence",
                        "review_pool",
                        "review_wait_minutes",
                        "alpha_weight",
                        "required_fields",
                    ] %}
                        {{ column }} := cast(classes.{{ column }} as varchar)
                        {{- "," if not loop.last }}
                    {%- endfor %}
                )
            ) as inventory_text
        from outcomes
        inner join
            {{ ref("decision_classes") }} as classes
            on outcomes.decision_class = classes.decision_class
        left join thresholds on outcomes.decision_class = thresholds.decision_class
        left join segments on classes.workflow = segments.workflow
    )

select
    * exclude (threshold_text, segment_text, inventory_text),
    {{ penstock.map_digest() }} as map_digest
from calibrated
