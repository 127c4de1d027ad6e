{#- The audit sample by subject: the trials of every error bound. A subject that nobody knows is a
    subject of its own. Labels count only where the decision was selected. A selected decision in
    two versions is of no known route and has no label: it failed, wherever it belongs. -#}
select
    workflow,
    decision_class,
    segment,
    cohort_id,
    case when is_conflict then '(unknown)' else route end as route,
    inclusion_probability,
    coalesce(subject_id, '(unknown):' || decision_id) as subject_key,
    event_date,
    coalesce(cast(floor(confidence * 100) as integer), -1) as confidence_bin,
    landing_batch,
    build_id,
    {{ penstock.signed_count("not is_conflict") }} as decision_count,
    {{ penstock.signed_sum("sample_count") }} as selected_count,
    {{ penstock.signed_sum("case when not is_conflict then sample_count * label_count end") }}
    as labelled_count,
    {{
        penstock.signed_sum(
            "case when not is_conflict then sample_count * label_count * wrong_label_count end"
        )
    }} as wrong_count
from {{ ref("int_decisions__segmented") }}
where has_decision and (not is_conflict or sample_count > 0) and {{ penstock.only_new_batches() }}
group by
    workflow,
    decision_class,
    segment,
    cohort_id,
    case when is_conflict then '(unknown)' else route end,
    inclusion_probability,
    coalesce(subject_id, '(unknown):' || decision_id),
    event_date,
    coalesce(cast(floor(confidence * 100) as integer), -1),
    landing_batch,
    build_id
