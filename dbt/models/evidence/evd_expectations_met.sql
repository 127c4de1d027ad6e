{#- The expectations of the suites that cover a class, as one exact number: how many are not met.
    An expectation that is missing or raised is an error, one on too few rows is not evidence. -#}
select
    data_fit.as_of,
    data_fit.known_batch,
    'expectations_met' as criterion_id,
    data_fit.decision_class,
    'all' as segment,
    '*' as cohort_id,
    cast(data_fit.expected_count - data_fit.met_count as decimal(28, 9)) as estimate,
    cast(data_fit.expected_count - data_fit.met_count as decimal(28, 9)) as bound,
    cast(data_fit.expected_count - data_fit.met_count as decimal(28, 9)) as refuting_bound,
    thresholds.threshold as threshold_used,
    cast(null as decimal(9, 6)) as alpha,
    'exact count' as method,
    data_fit.evaluated_count as n,
    data_fit.evaluated_count as n_effective,
    data_fit.expected_count - data_fit.evaluated_count as n_missing,
    cast(0 as bigint) as n_needed,
    data_fit.as_of - 27 as window_start,
    data_fit.as_of as window_end,
    data_fit.as_of as evidence_newest_date,
    case
        when
            data_fit.expected_count > 0
            and data_fit.raised_count = 0
            and data_fit.evaluated_count = data_fit.expected_count
            and data_fit.too_few_count = 0
            and data_fit.row_count > 0
        then 'ok'
        when
            data_fit.expected_count > 0
            and data_fit.raised_count = 0
            and data_fit.evaluated_count = data_fit.expected_count
        then 'insufficient'
        else 'error'
    end as status,
    case
        when data_fit.raised_count > 0
        then 'an expectation raised: ' || coalesce(data_fit.failing, '')
        when data_fit.evaluated_count is distinct from data_fit.expected_count
        then 'an expectation has no result'
        when data_fit.row_count = 0
        then 'too few rows to expect anything of'
        when data_fit.too_few_count > 0
        then 'not met, or on too few rows: ' || coalesce(data_fit.failing, '')
        when data_fit.met_count < data_fit.expected_count
        then 'not met: ' || coalesce(data_fit.failing, '')
    end as reason
from {{ source("evidence", "data_fit") }} as data_fit
left join
    {{ ref("int_thresholds__effective") }} as thresholds
    on data_fit.decision_class = thresholds.decision_class
    and thresholds.criterion_id = 'expectations_met'
