{#- The one place where a criterion becomes a verdict. A pass is proven by everything being known,
    single, fresh, of this cohort and on the right side; whatever is not proven is not a pass. A
    refutation comes before staleness, so that time alone never makes a verdict better. -#}
{% macro criterion_verdict() %}
    case
        when not is_applicable
        then 'not_applicable'
        when is_applicable is null or threshold is null or threshold_count is distinct from 1
        then 'error'
        when build_count is null or build_count > 1
        then 'error'
        when evidence_count > 1 or status = 'error'
        then 'error'
        when build_count = 0
        then 'insufficient'
        when evidence_count is null and other_cohort_count > 0
        then 'stale'
        when evidence_count is null
        then 'insufficient'
        when threshold_used is distinct from threshold
        then 'error'
        when status = 'stale'
        then 'stale'
        when comparison = 'at_most' and refuting_bound > threshold
        then 'fail'
        when comparison = 'at_least' and refuting_bound < threshold
        then 'fail'
        when coalesce(window_start, evidence_newest_date) < loosened_from
        then 'stale'
        when as_of - evidence_newest_date > max_age_days
        then 'stale'
        when
            status = 'ok'
            and build_count = 1
            and evidence_count = 1
            and evidence_newest_date <= as_of
            and as_of - evidence_newest_date <= max_age_days
            and (
                loosened_from is null
                or coalesce(window_start, evidence_newest_date) >= loosened_from
            )
            and n > 0
            and (
                (comparison = 'at_most' and bound <= threshold)
                or (comparison = 'at_least' and bound >= threshold)
            )
        then 'pass'
        else 'insufficient'
    end
{% endmacro %}

{#- The worst rank, the higher the worse; an unknown word is an error. -#}
{% macro verdict_rank(verdict) %}
    case
        {{ verdict }}
        when 'error'
        then 5
        when 'fail'
        then 4
        when 'stale'
        then 3
        when 'insufficient'
        then 2
        when 'pass'
        then 1
        when 'not_applicable'
        then 0
        else 5
    end
{% endmacro %}

{% macro verdict_of_rank(rank) %}
    case
        {{ rank }}
        when 4
        then 'fail'
        when 3
        then 'stale'
        when 2
        then 'insufficient'
        when 1
        then 'pass'
        when 0
        then 'not_applicable'
        else 'error'
    end
{% endmacro %}

{% macro level_rank(level) %}
    case
        {{ level }}
        when 'human_only'
        then 0
        when 'surface'
        then 1
        when 'delegate_with_audit'
        then 2
        when 'delegate'
        then 3
    end
{% endmacro %}

{#- The published rule of autonomy calibration over the count of tests that are not good, and whether
    the error is shown to be small; `classes` is the inventory. Where nothing can be undone, or a law
    asks for a person, the most that evidence can earn is a person's approval. -#}
{% macro recommended_level(weak_count, is_shown) %}
    case
        when
            (classes.reversibility = 'irreversible' or classes.is_regulated is distinct from false)
            and {{ is_shown }}
            and {{ weak_count }} <= 2
        then 'surface'
        when classes.reversibility = 'irreversible' or classes.is_regulated is distinct from false
        then 'human_only'
        when {{ weak_count }} = 0 and classes.error_cost = 'low'
        then 'delegate'
        when {{ weak_count }} = 0
        then 'delegate_with_audit'
        when {{ weak_count }} in (1, 2)
        then 'surface'
        else 'human_only'
    end
{% endmacro %}

{#- A number for people: four significant digits. -#}
{% macro shown(number) %} format('{:.4g}', cast({{ number }} as double)) {% endmacro %}

{#- The stage of a class by the number of gates it has passed one after the other. -#}
{% macro stage(gates_passed) -%}
    ['proposed', 'discovery', 'build', 'pilot', 'limited_rollout', 'scale'][{{ gates_passed }} + 1]
{%- endmacro %}

{#- The last day of a pass, as far as the run goes: a week is the longest that it may outlive its run. -#}
{% macro last_valid_date(as_of) -%}
    {{ as_of }} + least(cast({{ var("pass_valid_days") }} as integer), 7)
{%- endmacro %}
