{#- CTEs of review facts, the last of them `firsts`: one row per review and payload, `version` 1 the one
    that was there first. Another payload under an id is a conflict; it is nobody's work. -#}
{% macro first_reviews() %}
    reviews as (
        select *
        from ({{ penstock.union_stream("reviews") }}) as landed
        where
            not {{ penstock.repeats_disposed() }}
            {%- if is_incremental() %}
                and coalesce(review_id, '') in (
                    select coalesce(review_id, '')
                    from ({{ penstock.union_stream("reviews") }}) as new_reviews
                    where {{ penstock.only_new_batches("_landing_batch") }}
                )
            {%- endif %}
    ),

    payloads as (
        select
            *,
            row_number() over (
                partition by review_id, _payload_sha256 order by _landing_batch
            ) as arrival
        from reviews
    ),

    versions as (
        select
            review_id,
            reviewer_id,
            verdict,
            is_blind,
            case when handling_seconds >= 0 then handling_seconds end as handling_seconds,
            _landing_batch as landing_batch,
            {{ penstock.known_time("queued_at") }} as queued_at,
            {{ penstock.known_time("reviewed_at") }} as reviewed_at,
            is_seeded_error is distinct from false as may_be_seeded,
            coalesce(is_seeded_error and verdict in ('overturn', 'modify'), false) as is_detected,
            row_number() over (partition by review_id order by _landing_batch, _payload_sha256)
            + case when {{ penstock.contradicts_disposed() }} then 1 else 0 end as version
        from payloads
        where arrival = 1
    ),

    firsts as (
        select
            versions.*,
            case
                when versions.version = 1
                then coalesce(reviewers.review_pool, '(unknown)')
                else '(unknown)'
            end as review_pool,
            bool_or(versions.may_be_seeded) over (
                partition by versions.review_id
                order by versions.version
                rows between unbounded preceding and current row
            ) as was_seeded
        from versions
        left join
            {{ source("landing", "reviewers") }} as reviewers
            on versions.reviewer_id = reviewers.reviewer_id
    )
{% endmacro %}
