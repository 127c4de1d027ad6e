{#- Which workflows the records of a source hang on, by stream: how many decisions (or actions
    without one) of the workflow have a record of it. A lost record may have hung on any of these. -#}
{%- set streams = {
    "review": "reviews",
    "outcome": "outcomes",
    "sample": "audit_sample",
    "reversal": "reversals",
    "action": "business_actions",
} %}
with
    served as (
        select
            workflow, landing_batch, build_id, sign, unnest(string_split(served_by, ',')) as record
        from {{ ref("int_decisions__changes") }}
        where
            served_by is not null and workflow <> '(unknown)' and {{ penstock.only_new_batches() }}
    )

select
    split_part(record, ' ', 2) as source,
    case
        split_part(record, ' ', 1)
        {%- for name, stream in streams.items() %}
            when '{{ name }}' then '{{ stream }}'
        {% endfor %}
    end as stream,
    workflow,
    landing_batch,
    build_id,
    {{ penstock.signed_count("true") }} as decision_count
from served
group by 1, 2, workflow, landing_batch, build_id
