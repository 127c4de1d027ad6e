{#- Decisions that two registered reviewers judged blind, by what the two said. -#}
{%- set pair = "not is_conflict and first_label = '%s' and second_label = '%s'" %}
select
    workflow,
    decision_class,
    event_date,
    landing_batch,
    build_id,
    {{ penstock.signed_count(pair | format("correct", "correct")) }} as both_right_count,
    {{ penstock.signed_count(pair | format("incorrect", "correct")) }} as first_wrong_count,
    {{ penstock.signed_count(pair | format("correct", "incorrect")) }} as second_wrong_count,
    {{ penstock.signed_count(pair | format("incorrect", "incorrect")) }} as both_wrong_count
from {{ ref("int_decisions__changes") }}
where has_decision and first_label is not null and {{ penstock.only_new_batches() }}
group by workflow, decision_class, event_date, landing_batch, build_id
