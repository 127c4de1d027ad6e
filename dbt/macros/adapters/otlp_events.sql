{#- Events of OpenTelemetry: in a span, or a log record of their own that names the span. -#}
{% macro otlp_span_events(spans) %}
    select
        spans._file_sha256 || ':' || spans._place || ':' || events.position as row_key,
        spans.decision_id,
        spans.decision_id || ':event:' || events.position as record_id,
        events.event.name as event_name,
        events.event.timeunixnano as occurred_at,
        events.event.attributes,
        spans.resource_attributes,
        {%- for name in penstock.landed_columns() %}
            spans."{{ name }}" {{ "," if not loop.last }}
        {%- endfor %}
    from ({{ penstock.otlp_spans(spans) }}) as spans
    cross join unnest(spans.events)
    with ordinality as events(event, position)
{% endmacro %}

{#- Feedback that OpenInference writes into the span itself, as the event that it means. -#}
{% macro otlp_span_feedback(spans) %}
    {%- set fields = {
        "gen_ai.evaluation.name": "name",
        "gen_ai.evaluation.score.value": "score",
        "gen_ai.evaluation.score.label": "label",
    } -%}
    select
        row_key || ':' || prefix as row_key,
        decision_id,
        decision_id || ':' || prefix as record_id,
        case
            when json_extract_string(attributes, '$."' || prefix || '.annotator_kind"') = 'HUMAN'
            then 'penstock.review'
            else 'gen_ai.evaluation.result'
        end as event_name,
        coalesce(endtimeunixnano, starttimeunixnano) as occurred_at,
        json_object(
            {%- for field, member in fields.items() %}
                '{{ field }}',
                json_extract_string(attributes, '$."' || prefix || '.{{ member }}"')
                {{ "," if not loop.last }}
            {%- endfor %}
        ) as attributes,
        resource_attributes,
        {%- for name in penstock.landed_columns() %}
            "{{ name }}" {{ "," if not loop.last }}
        {%- endfor %}
    from
        (
            select
                *,
                regexp_extract(
                    unnest(json_keys(attributes)),
                    '^((evaluations|annotations)\.[0-9]+\.(evaluation|annotation))\.name$',
                    1
                ) as prefix
            from ({{ penstock.otlp_spans(spans) }})
        )
    where prefix <> ''
{% endmacro %}

{% macro otlp_log_events(logs) %}
    select
        _file_sha256 || ':' || _place as row_key,
        coalesce(
            json_extract_string(attributes, '$."penstock.decision.id"'), traceid || ':' || spanid
        ) as decision_id,
        record_id,
        coalesce(
            nullif(eventname, ''), json_extract_string(attributes, '$."event.name"')
        ) as event_name,
        "time" as occurred_at,
        attributes,
        resource_attributes,
        {%- for name in penstock.landed_columns() %}
            "{{ name }}" {{ "," if not loop.last }}
        {%- endfor %}
    from {{ logs }}
{% endmacro %}

{% macro otlp_events(relation, signal) %}
    {%- if signal == "spans" %}
        {{ penstock.otlp_span_events(relation) }}
        union all
        {{ penstock.otlp_span_feedback(relation) }}
    {%- elif signal == "logs" %} {{ penstock.otlp_log_events(relation) }}
    {%- else %} {{ exceptions.raise_compiler_error("signal must be spans or logs") }}
    {%- endif %}
{% endmacro %}
