{#- Columns of `decisions` that telemetry names through aliases; an adapter adds its own to them. -#}
{% macro aliased_decision(fields, route=none) %}
    {% set plain = [
        "decision_class",
        "region",
        "team",
        "channel",
        "prompt_version",
        "tool_schema_version",
        "policy_version",
        "fallback_reason",
    ] %}
    {% set known = {} %}
    {% for name in plain %} {% do known.update({name: fields ~ "." ~ name}) %} {% endfor %}
    {% set routes = ["delegated", "surfaced", "human", "shadow"] %}
    {% set methods = ["model_probability", "self_reported", "calibrated", "rule", "none"] %}
    {% do known.update(
        {
            "route": "coalesce("
            ~ penstock.word_of(fields ~ ".route", routes)
            ~ ", case when "
            ~ fields
            ~ ".route is null then "
            ~ penstock.text_or_null(route)
            ~ " end)",
            "confidence": penstock.share_of(fields ~ ".confidence"),
            "confidence_method": penstock.word_of(fields ~ ".confidence_method", methods),
            "amount": "try_cast(" ~ fields ~ ".amount as decimal(18, 4))",
            "currency": "case when try_cast("
            ~ fields
            ~ ".amount as decimal(18, 4)) is not null then "
            ~ fields
            ~ ".currency end",
            "within_boundary": "try_cast(" ~ fields ~ ".within_boundary as boolean)",
            "fallback_used": "try_cast(" ~ fields ~ ".fallback_used as boolean)",
            "sequence_number": penstock.count_of(fields ~ ".sequence_number"),
        }
    ) %}
    {% do return(known) %}
{% endmacro %}
