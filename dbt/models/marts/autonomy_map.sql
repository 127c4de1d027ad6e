with
    reached as (
        select
            levels.*,
            ends.valid_until_date,
            classes.reversibility = 'irreversible'
            or classes.is_regulated is distinct from false as asks_for_a_person,
            concat_ws(
                ', ',
                {%- for test in penstock.autonomy_tests() %}
                    case
                        when levels.{{ test }}_test <> 'good'
                        then '{{ test | replace("_", " ") }} ' || levels.{{ test }}_test
                    end
                    {{- "," if not loop.last }}
                {%- endfor %}
            ) as not_good,
            ['workflow_fit', 'data_fit', 'autonomy_fit', 'production_fit', 'value_fit'][
                levels.gates_passed + 1
            ] as open_gate
        from {{ ref("gate_levels") }} as levels
        inner join {{ ref("gate_level_ends") }} as ends using (decision_class, segment)
        inner join
            {{ ref("decision_classes") }} as classes
            on levels.decision_class = classes.decision_class
    )

select
    as_of,
    valid_until_date,
    workflow,
    decision_class,
    segment,
    cohort_id,
    stage,
    declared_level,
    recommended_level,
    case
        when asks_for_a_person and recommended_level = 'surface'
        then 'irreversible or regulated: the error of its proposals is shown to be small'
        when asks_for_a_person and weak_or_unknown_count > 2
        then 'irreversible or regulated; tests: ' || not_good
        when asks_for_a_person
        then 'irreversible or regulated: no shadow evidence yet that its proposals are right'
        when weak_or_unknown_count = 0
        then 'all four tests are good'
        else 'tests: ' || not_good
    end as recommended_reason,
    approved_level,
    effective_level,
    case
        when is_revoked
        then 'revoked, ledger line ' || revoked_by_line
        when effective_level = declared_level and gates_passed >= 3
        then 'as declared'
        when gates_passed < 3 and effective_level <> 'human_only'
        then open_gate || ' does not pass; waivers hold it until ' || held_until
        when gates_passed < 4
        then open_gate || ' does not pass'
        when not is_within_evidence
        then 'declared above the recommended level'
        when not is_proven_as_a_whole
        then 'not proven in all segments together'
        else 'no amount limit is supported'
    end as effective_reason,
    held_until,
    cast(revoked_by_line as bigint) as revoked_by_line,
    reversibility_test,
    value_at_risk_test,
    confidence_quality_test,
    review_capacity_test,
    boundary,
    cast(amount_limit as decimal(18, 4)) as declared_amount_limit,
    cast(supported_amount_limit as decimal(18, 4)) as amount_limit,
    currency,
    map_digest
from reached
