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
        cross join {{ ref("penstock", "criteria") }} as criteria
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
        cross join {{ ref("penstock", "criteria") }} as criteria
    ),

    ranked as (
        select
            *,
            rank() over (
                partition by decision_class, criterion_id
                order by standing desc, effective_from desc
            ) as precedence
        from candidates
    ),

    in_force as (
        select
            decision_class,
            criterion_id,
            min(threshold) as threshold,
            max(effective_from) as effective_from,
            count(*) as threshold_count
        from ranked
        where precedence = 1
        group by decision_class, criterion_id
    ),

    -- the strictest and the loosest that was ever said before, at whatever standing
    before as (
        select
            in_force.decision_class,
            in_force.criterion_id,
            min(candidates.threshold) as lowest,
            max(candidates.threshold) as highest
        from in_force
        inner join
            candidates
            on in_force.decision_class = candidates.decision_class
            and in_force.criterion_id = candidates.criterion_id
            and in_force.effective_from > candidates.effective_from
        group by in_force.decision_class, in_force.criterion_id
    )

select
    in_force.decision_class,
    in_force.criterion_id,
    cast(in_force.threshold as decimal(28, 9)) as threshold,
    in_force.effective_from,
    cast(criteria.alpha as decimal(9, 6)) as alpha,
    cast(in_force.threshold_count as bigint) as threshold_count,
    -- evidence from before a loosening does not count for the looser threshold
    case
        when criteria.comparison = 'at_most' and in_force.threshold > before.lowest
        then in_force.effective_from
        when criteria.comparison = 'at_least' and in_force.threshold < before.highest
        then in_force.effective_from
    end as loosened_from
from in_force
inner join
    {{ ref("penstock", "criteria") }} as criteria on in_force.criterion_id = criteria.criterion_id
left join
    before
    on in_force.decision_class = before.decision_class
    and in_force.criterion_id = before.criterion_id
