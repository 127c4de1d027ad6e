{#- Scores of observability tools: which way a number counts, and which word is right, stands nowhere
    in a log. What the declaration does not say stays NULL, and a label of NULL counts as wrong. -#}
{% macro grade_of(name, number, lower_is_better, higher_is_better) -%}
    cast(
        case
            when {{ number }} not between 0 and 1
            then
                null
                {{ penstock.when_named(name, lower_is_better, "1 - " ~ number) }}
                {{ penstock.when_named(name, higher_is_better, number) }}
        end as decimal(9, 6)
    )
{%- endmacro %}

{% macro label_of(word, grade, passes, fails, correct_from) -%}
    case
        when {{ word }} in ({{ penstock.text_list(passes) }})
        then 'correct'
        when {{ word }} in ({{ penstock.text_list(fails) }})
        then 'incorrect'
        when {{ grade }} >= {{ "null" if correct_from is none else correct_from }}
        then 'correct'
        when {{ grade }} < {{ "null" if correct_from is none else correct_from }}
        then 'incorrect'
    end
{%- endmacro %}

{#- A person's word on what the agent did; an unknown word judges nothing. -#}
{% macro verdict_of(word, passes, fails) -%}
    case
        when {{ word }} in ({{ penstock.text_list(passes) }})
        then 'agree'
        when {{ word }} in ({{ penstock.text_list(fails) }})
        then 'overturn'
        else 'cannot_judge'
    end
{%- endmacro %}

{#- A score is a model's word unless the declaration names its source. -#}
{% macro label_source_of(name, label_sources) -%}
    case
        when {{ name }} is null
        then
            'model_judge'
            {% for score, source in label_sources.items() %}
                {%- if source not in (
                    "ground_truth",
                    "system_of_record",
                    "complaint",
                    "model_judge",
                ) %}
                    {{
                        exceptions.raise_compiler_error(
                            "label_sources: unknown source " ~ source
                        )
                    }}
                {%- endif %}
                {{ penstock.when_named(name, [score], penstock.text_or_null(source)) }}
            {% endfor %}
        else 'model_judge'
    end
{%- endmacro %}

{% macro when_named(name, names, result) -%}
    {%- if names %}
        when {{ name }} in ({{ penstock.text_list(names) }}) then {{ result }}
    {%- endif %}
{%- endmacro %}

{% macro pass_words() %}
    {% do return(["true", "yes", "pass", "passed", "correct"]) %}
{% endmacro %}

{% macro fail_words() %}
    {% do return(["false", "no", "fail", "failed", "incorrect"]) %}
{% endmacro %}
