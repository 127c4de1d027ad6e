{#- One row per criterion and class: the threshold in force at as_of. A class row beats the company's
    default, which beats the product's; of several the newest `effective_from` not after as_of. Two
    rows of equal standing leave threshold_count at 2, and the criterion is an error. -#}
with
    context as (select * from {{ ref("int_run_context") }}),

    candidates as (
        select
            classes.decision_class,
            criteria.criterion_id,
            thresholds.threshold,
            thresholds.effective_from,
            case when thresholds.decision_class is null then 1 else 2 end as standing
        from {{ ref("decision_classes") }} as classes
        cross join {{ ref("criteria") }} as criteria
        cross join context
        inner join
            {{ ref("thresholds") }} as thresholds
            on criteria.criterion_id = thresholds.criterion_id
            and coalesce(thresholds.decision_class, classes.decision_class) = classes.decision_class
            and thresholds.effective_from <= context.as_of

        union all

        select
            classes.decision_class,
            criteria.criterion_id,
            criteria.threshold,
            date '1970-01-01',
            0 as standing
        from {{ ref("decision_classes") }} as classes
        cross join {{ ref("criteria") }} as criteria
    ),

    ranked as (
        select
            *,
            rank() over (
                partition by decision_class, criterion_id
                order by standing desc, effective_from desc
            ) as precedence
        from candidates
    )

select
    ranked.decision_class,
    ranked.criterion_id,
    cast(min(ranked.threshold) as decimal(28, 9)) as threshold,
    max(ranked.effective_from) as effective_from,
    cast(min(criteria.alpha) as decimal(9, 6)) as alpha,
    cast(count(*) as bigint) as threshold_count
from ranked
inner join {{ ref("criteria") }} as criteria on ranked.criterion_id = criteria.criterion_id
where ranked.precedence = 1
group by ranked.decision_class, ranked.criterion_id
