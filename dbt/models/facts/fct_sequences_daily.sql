{#- The numbers that a source gives its decisions, per day: first, last, and how many have one. -#}
select
    source,
    event_date,
    landing_batch,
    build_id,
    {{ penstock.signed_count("sequence_number is not null") }} as numbered_count,
    {{ penstock.signed_count("sequence_number is null") }} as unnumbered_count,
    min(case when sign = 1 then sequence_number end) as first_number,
    max(case when sign = 1 then sequence_number end) as last_number
from {{ ref("int_decisions__changes") }}
where has_decision and {{ penstock.only_new_batches() }}
group by source, event_date, landing_batch, build_id
