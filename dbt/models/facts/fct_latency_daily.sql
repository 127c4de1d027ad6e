{#- Latency histogram: bin b holds what took at most 1.01^b ms and more than bin b-1. A failed call
    and a call without latency are slower than every limit: bin 1000000. -#}
select
    workflow,
    decision_class,
    segment,
    cohort_id,
    event_date,
    case
        when latency_ms is null
        then 1000001
        when status is distinct from 'ok' or latency_ms < 0
        then 1000000
        when latency_ms <= 1
        then 0
        else cast(ceil(ln(latency_ms) / ln(1.01)) as integer)
    end as latency_bin,
    landing_batch,
    build_id,
    {{ penstock.signed_count("true") }} as decision_count
from {{ ref("int_decisions__segmented") }}
where has_decision and not is_conflict and {{ penstock.only_new_batches() }}
group by all
