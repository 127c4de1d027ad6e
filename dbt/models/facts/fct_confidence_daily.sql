{#- Decisions by hundredth and kind of confidence, and the sums that calibration is made of. Kinds are
    never mixed: what a model says of itself is not what somebody calibrated. -#}
{%- set bin -%}
    case when confidence between 0 and 1 then cast(floor(confidence * 100) as integer) else -1 end
{%- endset %}
{%- set labelled = "sample_count * label_count" %}
select
    workflow,
    decision_class,
    segment,
    cohort_id,
    route,
    inclusion_probability,
    confidence_method,
    {{ bin }} as confidence_bin,
    event_date,
    landing_batch,
    build_id,
    {{ penstock.signed_count("true") }} as decision_count,
    {{ penstock.signed_sum("sample_count") }} as selected_count,
    {{ penstock.signed_sum(labelled) }} as labelled_count,
    {{ penstock.signed_sum(labelled ~ " * wrong_label_count") }} as wrong_count,
    {{ penstock.signed_sum(labelled ~ " * confidence", "decimal(38, 6)") }} as confidence_sum,
    {{ penstock.signed_sum(labelled ~ " * wrong_label_count * confidence", "decimal(38, 6)") }}
    as wrong_confidence_sum,
    {{ penstock.signed_sum(labelled ~ " * confidence * confidence", "decimal(38, 12)") }}
    as confidence_square_sum
from {{ ref("int_decisions__segmented") }}
where has_decision and not is_conflict and {{ penstock.only_new_batches() }}
group by
    workflow,
    decision_class,
    segment,
    cohort_id,
    route,
    inclusion_probability,
    confidence_method,
    {{ bin }},
    event_date,
    landing_batch,
    build_id
