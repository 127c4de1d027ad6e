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
