{#- One row per class: the registered boundary and amount limit as values that a decision is held
    against; NULL = no such condition. The registry's check (contracts/boundary.py)
    refuses a text that this would read otherwise. -#}
{%- set lists = penstock.boundary_lists() -%}
with
    parts as (
        select decision_class, unnest(string_split(boundary, ' and ')) as part
        from {{ ref("decision_classes") }}
        where boundary is not null
    ),

    conditions as (
        select
            decision_class,
            regexp_extract(part, '^\s*([a-z]+)', 1) as field,
            regexp_extract(part, '^\s*[a-z]+\s*(<=|>=|<|>|=|in\b)', 1) as operator,
            regexp_extract(
                part, '^\s*[a-z]+\s*(?:<=|>=|<|>|=|in\b)\s*\(?([^()]*)\)?\s*$', 1
            ) as text
        from parts
    ),

    valued as (
        select
            *,
            case when field = 'amount' then try_cast(trim(text) as decimal(18, 4)) end as number,
            string_split_regex(trim(text), '\s*,\s*') as list
        from conditions
    ),

    rules as (
        select
            decision_class,
            min(number) filter (where operator in ('<=', '=')) as amount_at_most,
            min(number) filter (where operator = '<') as amount_below,
            max(number) filter (where operator in ('>=', '=')) as amount_at_least,
            max(number) filter (where operator = '>') as amount_above,
            {%- for field in lists %}
                min(list) filter (where field = '{{ field }}') as {{ field }}_list,
            {%- endfor %}
            bool_or(field = 'amount' and (number is null or operator = 'in')) as is_unclear
        from valued
        group by decision_class
    )

select
    classes.decision_class,
    coalesce(
        least(rules.amount_at_most, classes.amount_limit),
        rules.amount_at_most,
        classes.amount_limit
    ) as amount_at_most,
    rules.* exclude (decision_class, amount_at_most)
from {{ ref("decision_classes") }} as classes
left join rules on classes.decision_class = rules.decision_class
