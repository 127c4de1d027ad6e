{{ config(materialized="table") }}
{#- The numbers that a source gives its decisions of the last 28 days, as known by now. Not by batch:
    whether two decisions share a number cannot be told by adding up. They are the only witness where
    no stream of actions is declared: a file of actions that is gone does not make them so. -#}
select
    source,
    cast(count(sequence_number) as bigint) as numbered_count,
    cast(count(*) - count(sequence_number) as bigint) as unnumbered_count,
    cast(count(distinct sequence_number) as bigint) as number_count,
    min(sequence_number) as first_number,
    max(sequence_number) as last_number,
    min(cast(occurred_at as date)) as first_date,
    max(case when sequence_number is not null then cast(occurred_at as date) end) as newest_date,
    {{ "false" if var("streams", {}).get("business_actions") else "true" }} as is_only_witness
from {{ ref("int_decisions__settled") }}
group by source
