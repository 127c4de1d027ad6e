{{ config(materialized="table") }}
{#- The state of every decision of the last 28 days as known by now: what expectations look at. -#}
with
    context as (select * from {{ ref("int_run_context") }}),

    recent as (
        select distinct changes.decision_id
        from {{ ref("int_decisions__changes") }} as changes
        cross join context
        where
            changes.landing_batch <= context.known_batch
            and changes.event_date <= context.as_of
            and changes.event_date > context.as_of - 28
    ),

    -- of these the newest state, whatever its day: one that left these days leaves no older self
    newest as (
        select changes.*
        from {{ ref("int_decisions__changes") }} as changes
        inner join recent on changes.decision_id = recent.decision_id
        cross join context
        where changes.landing_batch <= context.known_batch
        qualify
            row_number() over (
                partition by changes.decision_id
                order by changes.landing_batch desc, changes.sign desc
            )
            = 1
    )

select
    changes.decision_id,
    changes.source,
    changes.sequence_number,
    changes.occurred_at,
    changes.workflow,
    changes.decision_class,
    changes.route,
    changes.status,
    changes.confidence,
    changes.amount,
    changes.currency,
    changes.subject_id,
    changes.model,
    changes.policy_version,
    changes.region,
    changes.latency_ms,
    changes.input_tokens,
    changes.output_tokens,
    changes.cost_amount,
    changes.cost_currency,
    changes.is_conflict,
    changes.landing_batch,
    true as is_current
from newest as changes
cross join context
where
    changes.has_decision
    and changes.event_date <= context.as_of
    and changes.event_date > context.as_of - 28
