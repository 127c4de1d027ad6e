{#- One row per landed decision record, with its declared class, cohort and price. -#}
with
    decisions as ({{ penstock.union_stream("decisions") }}),

    mapping as (select * from {{ ref("class_mapping") }}),

    prices as (
        select *, lead(valid_from) over (partition by model order by valid_from) as valid_until
        from {{ ref("price_list") }}
    ),

    anew as (select * from {{ penstock.begun_anew() }}),

    mapped as (
        select decisions.*, {{ penstock.class_of_decision() }} as mapped_class
        from decisions
        left join
            mapping as by_class
            on by_class.match_field = 'decision_class'
            and {{ penstock.mapping_matches("by_class", "decisions.decision_class") }}
        left join
            mapping as by_action
            on by_action.match_field = 'action'
            and {{ penstock.mapping_matches("by_action", "decisions.action") }}
    )

select
    {{ penstock.id_of_decision("mapped.") }} as decision_id,
    mapped.source,
    mapped.workflow,
    mapped.mapped_class as decision_class,
    mapped.occurred_at,
    cast(mapped.occurred_at as date) as event_date,
    mapped.subject_id,
    mapped.region,
    mapped.team,
    mapped.channel,
    {{ penstock.cohort_of_decision("mapped", "anew.effective_from") }} as cohort_id,
    mapped.agent_id,
    mapped.model,
    mapped.policy_version,
    mapped.action,
    mapped.route,
    mapped.confidence,
    mapped.confidence_method,
    mapped.amount,
    mapped.currency,
    mapped.latency_ms,
    mapped.input_tokens,
    mapped.output_tokens,
    -- a cost in another currency than the class's budget, or in none, is no price
    case
        -- nor is a negative one
        when mapped.cost_amount < 0
        then null
        when
            classes.currency = case
                when mapped.cost_amount is null then prices.currency else mapped.cost_currency
            end
            or classes.decision_class is null
        then
            coalesce(
                mapped.cost_amount,
                cast(
                    mapped.input_tokens
                    * cast(prices.input_price_per_million as decimal(18, 6))
                    / 1000000
                    + mapped.output_tokens
                    * cast(prices.output_price_per_million as decimal(18, 6))
                    / 1000000 as decimal(18, 9)
                )
            )
    end as cost_amount,
    case
        when mapped.cost_amount is null then prices.currency else mapped.cost_currency
    end as cost_currency,
    mapped.status,
    -- the producer's word, but nothing outside the registered rule is within, whoever says so
    case
        when {{ penstock.is_outside_boundary("mapped", "rules", "classes.currency") }}
        then false
        when
            mapped.within_boundary
            and {{ penstock.is_unclear_boundary("mapped", "rules", "classes.currency") }}
        then null
        else mapped.within_boundary
    end as within_boundary,
    classes.label_outcome,
    classes.label_delay_days,
    classes.review_pool,
    ';' || coalesce(classes.required_fields, '') || ';' as required_fields,
    rates.inclusion_probability,
    mapped.sequence_number,
    mapped._landing_batch as landing_batch,
    mapped._payload_sha256 as payload_sha256,
    mapped._version as version
from mapped
left join {{ ref("decision_classes") }} as classes on mapped.mapped_class = classes.decision_class
left join anew on mapped.mapped_class = anew.decision_class
left join {{ ref("int_boundaries__rules") }} as rules on mapped.mapped_class = rules.decision_class
left join
    {{ ref("int_audit_rates__dated") }} as rates
    on mapped.mapped_class = rates.decision_class
    and cast(mapped.occurred_at as date) >= rates.valid_from
    and (rates.valid_until is null or cast(mapped.occurred_at as date) < rates.valid_until)
left join
    prices
    on mapped.model = prices.model
    and cast(mapped.occurred_at as date) >= prices.valid_from
    and (prices.valid_until is null or cast(mapped.occurred_at as date) < prices.valid_until)
