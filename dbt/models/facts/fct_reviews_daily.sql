{#- Review work by pool and day. A review counts in the batch that first brought its id. -#}
with
    reviews as ({{ penstock.union_stream("reviews") }}),

    firsts as (
        select
            *,
            row_number() over (
                partition by review_id order by _landing_batch, _payload_sha256
            ) as arrival
        from reviews
    )

select
    coalesce(reviewers.review_pool, '(unknown)') as review_pool,
    cast(firsts.reviewed_at as date) as event_date,
    firsts._landing_batch as landing_batch,
    '{{ penstock.build_id() }}' as build_id,
    cast(count(*) as bigint) as review_count,
    cast(sum(case when firsts.is_blind then 1 else 0 end) as bigint) as blind_count,
    cast(
        sum(case when firsts.verdict in ('overturn', 'modify') then 1 else 0 end) as bigint
    ) as overturn_count,
    cast(sum(case when firsts.is_seeded_error then 1 else 0 end) as bigint) as seeded_count,
    cast(
        sum(
            case
                when firsts.is_seeded_error and firsts.verdict in ('overturn', 'modify')
                then 1
                else 0
            end
        ) as bigint
    ) as seeded_detected_count,
    cast(
        sum(case when firsts.handling_seconds is not null then 1 else 0 end) as bigint
    ) as timed_count,
    cast(sum(coalesce(firsts.handling_seconds, 0)) as decimal(38, 3)) as handling_seconds,
    cast(
        sum(
            cast(
                coalesce(firsts.handling_seconds, 0)
                * coalesce(firsts.handling_seconds, 0) as decimal(38, 3)
            )
        ) as decimal(38, 3)
    ) as handling_seconds_squared
from firsts
left join {{ ref("reviewers") }} as reviewers on firsts.reviewer_id = reviewers.reviewer_id
where
    firsts.arrival = 1
    {% if is_incremental() %}
        and firsts._landing_batch not in ({{ penstock.built_batches() }})
    {% endif %}
group by
    coalesce(reviewers.review_pool, '(unknown)'),
    cast(firsts.reviewed_at as date),
    firsts._landing_batch
