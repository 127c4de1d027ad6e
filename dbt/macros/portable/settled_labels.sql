{#- CTEs of the change log: which label of a decision counts, and what two reviewers said. -#}
{% macro settled_labels() %}
    labels as (
        select
            *,
            row_number() over (
                partition by decision_id, landing_batch, sign, outcome
                -- an overturn always counts, whoever agrees later
                order by
                    is_conflict desc, label = 'incorrect' desc, recorded_at desc, record_id desc
            ) as recency,
            -- the newest word that it was wrong; two payloads contradict each other from the
            -- second on
            max(
                case
                    when is_conflict
                    then landed_at
                    when label = 'incorrect'
                    then coalesce(recorded_at, landed_at)
                end
            ) over (partition by decision_id, landing_batch, sign, outcome) as wrong_at,
            min(case when label = 'correct' and not is_conflict then recorded_at end) over (
                partition by decision_id, landing_batch, sign, outcome, review_pool
            ) as first_at
        from records
        where kind = 'label' and (label is not null or is_conflict) and is_seeded is not true
    ),

    -- what registered reviewers said who saw neither the proposal nor, being others, each other
    judgements as (
        select decision_id, landing_batch, sign, reviewer_id, max(label) as label
        from labels
        where outcome = '' and is_blind and reviewer_id is not null and not is_conflict
        group by decision_id, landing_batch, sign, reviewer_id
    ),

    -- of the first and the last of them by pseudonym: one pair per decision
    pairs as (
        select
            decision_id,
            landing_batch,
            sign,
            min_by(label, reviewer_id) as first_label,
            max_by(label, reviewer_id) as second_label
        from judgements
        group by decision_id, landing_batch, sign
        having count(*) > 1
    )
{% endmacro %}
