{{ config(materialized="table") }}
{#- One row per declared class over the last 28 days: what suites per class look at. Telemetry fields
    of the support streams count as missing when they are NULL. -#}
{%- set fields = penstock.optional_fields() -%}
with
    context as (select * from {{ ref("int_run_context") }}),

    decisions as (select * from {{ ref("int_decisions__settled") }} where not is_conflict),

    usual_latencies as (
        select decision_class, max(decision_count) as decision_count
        from
            (
                select decision_class, cast(count(*) as bigint) as decision_count
                from decisions
                where latency_ms is not null
                group by decision_class, latency_ms
            ) as latencies
        group by decision_class
    ),

    profiles as (
        select
            decision_class,
            cast(count(*) as bigint) as decision_count,
            {%- for field in fields %}
                cast(count(*) - count({{ field }}) as bigint) as {{ field }}_missing_count,
            {%- endfor %}
            min(confidence) as confidence_min,
            max(confidence) as confidence_max,
            min(latency_ms) as latency_ms_min,
            max(latency_ms) as latency_ms_max,
            cast(count(distinct latency_ms) as bigint) as latency_ms_distinct_count,
            min(cost_amount) as cost_amount_min,
            cast(
                count(*) filter (
                    where
                        cost_amount = 0
                        -- tokens that nobody counted may be millions
                        and coalesce(input_tokens, 1) + coalesce(output_tokens, 1) > 0
                ) as bigint
            ) as cost_zero_with_tokens_count,
            min(input_tokens) as input_tokens_min,
            min(output_tokens) as output_tokens_min,
            min(amount) as amount_min,
            cast(
                greatest(count(distinct currency), count(distinct cost_currency)) as bigint
            ) as currency_distinct_count,
            max(occurred_at) as newest_event_at,
            cast(count(*) filter (where route = '(unknown)') as bigint) as route_invalid_count,
            cast(count(distinct model) as bigint) as model_distinct_count
        from decisions
        group by decision_class
    )

select
    classes.workflow,
    classes.decision_class,
    context.known_batch,
    context.as_of - 27 as window_start,
    context.as_of as window_end,
    coalesce(profiles.decision_count, 0) as decision_count,
    profiles.* exclude (decision_class, decision_count),
    usual_latencies.decision_count as latency_ms_usual_count
from {{ ref("decision_classes") }} as classes
cross join context
left join profiles on classes.decision_class = profiles.decision_class
left join usual_latencies on classes.decision_class = usual_latencies.decision_class
