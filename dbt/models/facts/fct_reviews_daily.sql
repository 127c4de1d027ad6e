{#- Review work by pool and day. A review counts in the batch that first brought its id; another
    payload under that id is a conflict: one more review of unknown length, and one more seeded error
    that was missed, if either was one. So is a review that does not say whether it was seeded. -#}
-- reviewers join by pseudonym; the seed is what these are made from, so it is in the build id
-- depends_on: {{ ref("reviewers") }}
with
    reviews as (
        select *
        from ({{ penstock.union_stream("reviews") }}) as landed
        {%- if is_incremental() %}
            where
                coalesce(review_id, '') in (
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
            cast({{ penstock.known_time("reviewed_at") }} as date) as event_date,
            is_seeded_error is distinct from false as may_be_seeded,
            coalesce(is_seeded_error and verdict in ('overturn', 'modify'), false) as is_detected,
            row_number() over (
                partition by review_id order by _landing_batch, _payload_sha256
            ) as version
        from payloads
        where arrival = 1
    ),

    firsts as (
        select
            *,
            bool_or(may_be_seeded) over (
                partition by review_id
                order by version
                rows between unbounded preceding and current row
            ) as was_seeded
        from versions
    )

select
    case
        when firsts.version = 1 then coalesce(reviewers.review_pool, '(unknown)') else '(unknown)'
    end as review_pool,
    firsts.event_date,
    firsts.landing_batch,
    '{{ penstock.build_id() }}' as build_id,
    cast(count(*) as bigint) as review_count,
    cast(
        sum(case when firsts.version = 1 and firsts.is_blind then 1 else 0 end) as bigint
    ) as blind_count,
    cast(
        sum(
            case
                when firsts.version = 1 and firsts.verdict in ('overturn', 'modify') then 1 else 0
            end
        ) as bigint
    ) as overturn_count,
    cast(sum(case when firsts.was_seeded then 1 else 0 end) as bigint) as seeded_count,
    cast(
        sum(case when firsts.version = 1 and firsts.is_detected then 1 else 0 end) as bigint
    ) as seeded_detected_count,
    cast(
        sum(
            case when firsts.version = 1 and firsts.handling_seconds is not null then 1 else 0 end
        ) as bigint
    ) as timed_count,
    cast(
        sum(
            case when firsts.version = 1 then coalesce(firsts.handling_seconds, 0) else 0 end
        ) as decimal(38, 3)
    ) as handling_seconds,
    cast(
        sum(
            cast(
                case when firsts.version = 1 then coalesce(firsts.handling_seconds, 0) else 0 end
                * coalesce(firsts.handling_seconds, 0) as decimal(38, 3)
            )
        ) as decimal(38, 3)
    ) as handling_seconds_squared
from firsts
left join
    {{ source("landing", "reviewers") }} as reviewers on firsts.reviewer_id = reviewers.reviewer_id
where {{ penstock.only_new_batches("firsts.landing_batch") }}
group by
    case
        when firsts.version = 1 then coalesce(reviewers.review_pool, '(unknown)') else '(unknown)'
    end,
    firsts.event_date,
    firsts.landing_batch
