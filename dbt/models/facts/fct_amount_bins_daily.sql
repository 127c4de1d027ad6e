{#- Decisions by twentieth of their class's amount limit, in its currency: bin 20 is the last below the
    limit, with the limit itself; bin 41 is all that is more than twice the limit. -#}
{%- set bin -%}
    cast(least(ceil(changes.amount * 20 / classes.amount_limit), 41) as integer)
{%- endset %}
select
    changes.workflow,
    changes.decision_class,
    {{ bin }} as amount_bin,
    changes.event_date,
    changes.landing_batch,
    changes.build_id,
    {{ penstock.signed_count("true") }} as decision_count
from {{ ref("int_decisions__changes") }} as changes
inner join
    {{ ref("decision_classes") }} as classes
    on changes.decision_class = classes.decision_class
    and changes.currency = classes.currency
where
    changes.has_decision
    and not changes.is_conflict
    and changes.amount > 0
    and classes.amount_limit > 0
    and {{ penstock.only_new_batches("changes.landing_batch") }}
group by
    changes.workflow,
    changes.decision_class,
    {{ bin }},
    changes.event_date,
    changes.landing_batch,
    changes.build_id
