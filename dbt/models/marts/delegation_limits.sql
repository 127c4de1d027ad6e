{#- What delegating up to each registered limit would mean: the walk over the bands, and per week the
    money lost to errors up to the limit and the reviews that remain. -#}
with
    rates as (
        select
            rates.decision_class,
            max_by(rates.inclusion_probability, rates.valid_from) as audit_rate
        from {{ ref("audit_rates") }} as rates
        cross join {{ ref("int_run_context") }} as context
        where rates.valid_from <= context.as_of
        group by rates.decision_class
    ),

    bands as (
        select
            bands.*,
            classes.currency,
            bands.weekly_decision_count * rates.audit_rate as audited_count,
            cast(bands.weekly_decision_count as double)
            * cast(bands.estimate as double)
            * cast(classes.error_cost_amount as double) as expected_loss,
            cast(bands.weekly_decision_count as double)
            * cast(bands.bound as double)
            * cast(classes.error_cost_amount as double) as worst_loss
        from {{ ref("gate_amount_bands") }} as bands
        inner join
            {{ ref("decision_classes") }} as classes
            on bands.decision_class = classes.decision_class
        left join rates on bands.decision_class = rates.decision_class
    )

select
    as_of,
    workflow,
    decision_class,
    cohort_id,
    lag(amount_limit) over (partition by decision_class order by amount_limit) as amount_above,
    amount_limit,
    currency,
    verdict,
    coalesce(is_supported, false) as is_supported,
    coalesce(is_supported, false)
    and not coalesce(
        lead(is_supported) over (partition by decision_class order by amount_limit), false
    ) as is_highest_supported,
    reason,
    estimate,
    bound,
    threshold,
    n,
    n_needed,
    weekly_decision_count,
    {%- for measure, name in [
        ("expected_loss", "weekly_expected_loss_amount"),
        ("worst_loss", "weekly_worst_loss_amount"),
    ] %}
        -- one band of which nobody knows makes the sum unknown
        cast(
            case
                when count({{ measure }}) over strict_first = count(*) over strict_first
                then round(sum({{ measure }}) over strict_first, 2)
            end as decimal(28, 9)
        ) as {{ name }},
    {%- endfor %}
    cast(
        case
            when count(audited_count) over strict_first = count(*) over strict_first
            then sum(audited_count) over strict_first + weekly_other_count
        end as decimal(28, 9)
    ) as weekly_review_count
from bands
window
    strict_first as (
        partition by decision_class
        order by amount_limit
        rows between unbounded preceding and current row
    )
