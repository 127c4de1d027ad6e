{#- The label of a row of `reviews` left joined with the registered `reviewers`. An approval given with
    the AI's proposal in view is no label, and neither is one by somebody who is no registered
    reviewer; an overturn always is. -#}
{% macro label_of_review() %}
    case
        when verdict = 'cannot_judge'
        then null
        when verdict = 'agree' and is_blind and reviewers.reviewer_id is not null
        then 'correct'
        when verdict = 'agree'
        then null
        -- overturned, modified, or a verdict that nobody can read
        else 'incorrect'
    end
{% endmacro %}

{#- The label of a row of `outcomes`. What a later version may still fill in is no label yet. -#}
{% macro label_of_outcome() %}
    case
        when label = 'correct'
        then 'correct'
        when label is null and _version is not null
        then null
        else 'incorrect'
    end
{% endmacro %}

{#- Joins the last label of `outcome`, as the phase saw it, under the name `alias`. -#}
{% macro join_label(alias, outcome) %}
    left join
        labels as {{ alias }}
        on phases.decision_id = {{ alias }}.decision_id
        and phases.landing_batch = {{ alias }}.landing_batch
        and phases.sign = {{ alias }}.sign
        and {{ alias }}.outcome = {{ outcome }}
        and {{ alias }}.recency = 1
{% endmacro %}

{#- Whether a decision was found wrong after its labels counted as mature: 1 or 0. It does not matter
    what was said of it before, nor whether the label counts: a label less makes no error earlier. -#}
{% macro count_of_late_errors() %}
    case
        when
            cast(labels.wrong_at as date)
            > versions.event_date + cast(coalesce(state.label_delay_days, 0) as integer)
        then 1
        else 0
    end
{% endmacro %}

{#- The day on which a reviewer approved, where that is the label that decides. -#}
{% macro approval_date() %}
    case
        when labels.label = 'correct' and labels.outcome = '' and not labels.is_conflict
        then cast(labels.recorded_at as date)
    end
{% endmacro %}

{#- Whether the label that decides for a drawn decision counts: 1 or 0. -#}
{% macro count_of_labels() %}
    case
        when
            attachments.sample_conflict_count = 1
            or attachments.sample_probability is distinct from state.inclusion_probability
        then 0
        else {{ penstock.is_label() }}
    end
{% endmacro %}

{#- The same of a decision that was not drawn: no evidence of anything but of who chose it. -#}
{% macro count_of_outside_labels() %}
    case when coalesce(attachments.sample_count, 0) = 0 then {{ penstock.is_label() }} else 0 end
{% endmacro %}

{#- Whether what decides for a decision is a label: 1 or 0. -#}
{% macro is_label() %}
    case
        -- nobody agrees with what was not decided yet, nor at no known time
        when labels.label = 'correct' and coalesce(labels.recorded_at < state.occurred_at, true)
        then 0
        -- a reviewer of another pool knows another class
        when
            labels.label = 'correct'
            and labels.outcome = ''
            and labels.review_pool is distinct from state.review_pool
        then 0
        -- an outcome that does not say of what may be the one that decides
        when nameless.record_id is not null and state.label_outcome is not null
        then 0
        when labels.record_id is not null
        then 1
        else 0
    end
{% endmacro %}

{#- Whether an approval came after the label delay of its class: 1 or 0. The first of its pool says
    when; what was found wrong was found, however late. -#}
{% macro is_late_label() %}
    case
        when labels.label = 'incorrect' or labels.is_conflict
        then 0
        when
            labels.first_at >= state.occurred_at
            and cast(labels.first_at as date)
            <= versions.event_date + cast(coalesce(state.label_delay_days, 0) as integer)
        then 0
        else 1
    end
{% endmacro %}
