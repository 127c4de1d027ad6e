{#- What shows that a rail works: observations of the stream by component and result, and the newest day
    on which the logs bear its trace, by workflow or review pool. An observation without a workflow or a day is kept;
    it may have been anybody's, at any time. -#}
{%- set traces = {
    "data_connectors": "decision_count",
    "audit_logs": "audit_complete_count",
    "cost_controls": "priced_count",
    "model_routing": "decision_count - missing_model_count",
    "guardrails": "decision_count - boundary_unknown_count",
} %}
with
    context as (select * from {{ ref("int_run_context") }}),

    days as (
        select
            facts.workflow,
            facts.event_date,
            {%- for rail, measure in traces.items() %}
                sum({{ measure }}) > 0 as has_{{ rail }}{{ "," if not loop.last }}
            {%- endfor %}
        from {{ ref("fct_decisions_daily") }} as facts
        cross join context
        where
            facts.segment = 'all'
            and facts.landing_batch <= context.known_batch
            and facts.event_date <= context.as_of
        group by facts.workflow, facts.event_date
    )

select
    facts.rail,
    facts.workflow,
    cast(null as varchar) as review_pool,
    facts.component,
    'observation' as trace,
    facts.result,
    -- a day that nobody knows may be today
    coalesce(facts.event_date, context.as_of) as event_date,
    facts.workflow is not null and facts.event_date is not null as is_placed,
    cast(facts.observation_count as bigint) as trace_count
from {{ ref("fct_rails_daily") }} as facts
cross join context
where
    facts.landing_batch <= context.known_batch
    and coalesce(facts.event_date, context.as_of) <= context.as_of

{% for rail in traces %}
    union all
    select '{{ rail }}', workflow, null, null, 'log', null, max(event_date), true, null
    from days
    where has_{{ rail }}
    group by workflow
{% endfor %}

union all
select
    'evaluation_harness', facts.workflow, null, null, 'log', null, max(facts.event_date), true, null
from {{ ref("fct_samples_weekly") }} as facts
cross join context
where
    facts.segment = 'all'
    and facts.labelled_count > 0
    and facts.landing_batch <= context.known_batch
    and facts.event_date <= context.as_of
group by facts.workflow

union all
select
    'human_review_queues',
    null,
    facts.review_pool,
    null,
    'log',
    null,
    max(facts.event_date),
    true,
    null
from {{ ref("fct_reviews_daily") }} as facts
cross join context
where
    facts.review_count > 0
    and facts.landing_batch <= context.known_batch
    and facts.event_date <= context.as_of
group by facts.review_pool
