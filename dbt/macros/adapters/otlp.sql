{#- OpenTelemetry, landed by format `otlp`: one row per span. A span is a decision when it executes a
    tool or names a `penstock.decision.class`. Names are read through the seed attribute_aliases. -#}
{% macro otlp_spans(spans) %}
    select
        *,
        coalesce(
            json_extract_string(attributes, '$."penstock.decision.id"'),
            -- as log records name it, also after an erasure
            traceid || ':' || spanid,
            record_id
        ) as decision_id,
        _file_sha256 || ':' || _place as row_key
    from {{ spans }}
{% endmacro %}

{% macro otlp_decisions(spans, workflow=none, route=none) %}
    {%- set known = penstock.aliased_decision("fields", route) -%}
    {%- do known.update(
        {
            "decision_id": "spans.decision_id",
            "occurred_at": "spans.startTimeUnixNano",
            "workflow": "coalesce("
            ~ penstock.text_or_null(workflow)
            ~ ", fields.workflow)",
            "subject_id": "coalesce(fields.subject_id, spans.traceId)",
            "agent_id": "fields.agent_id",
            "agent_version": "fields.agent_version",
            "model": "fields.model",
            "action": "fields.action",
            "latency_ms": "case when spans.endTimeUnixNano >= spans.startTimeUnixNano then"
            ~ " cast(round((epoch_us(spans.endTimeUnixNano)"
            ~ " - epoch_us(spans.startTimeUnixNano)) / 1000) as bigint) end",
            "input_tokens": penstock.count_of("fields.input_tokens"),
            "output_tokens": penstock.count_of("fields.output_tokens"),
            "cost_amount": "case when try_cast(fields.cost_amount as decimal(18, 9)) > 0 then"
            ~ " try_cast(fields.cost_amount as decimal(18, 9)) end",
            "cost_currency": "case when try_cast(fields.cost_amount as decimal(18, 9)) > 0 then"
            ~ " coalesce(fields.cost_currency, 'USD') end",
            "status": "case when spans.status.code = 2 then 'error' else 'ok' end",
            "error_type": "case when spans.status.code = 2 then coalesce(fields.error_type, '_OTHER')"
            ~ " end",
            "fallback_used": "coalesce(try_cast(fields.fallback_used as boolean),"
            ~ " not starts_with(fields.response_model, fields.request_model))",
        }
    ) -%}
    with
        spans as ({{ penstock.otlp_spans(spans) }}),

        fields as ({{ penstock.aliased_fields("spans") }})

        {{ penstock.canonical_select("decisions", known, spans, "spans") }}
    from spans
    join fields on spans.row_key = fields.row_key
    where lower(fields.operation) in ('execute_tool', 'tool') or fields.decision_class is not null
{% endmacro %}

{#- Spans that the producer drew for audit, with the chance it drew them with. -#}
{% macro otlp_audit_sample(spans) %}
    with
        spans as ({{ penstock.otlp_spans(spans) }}),

        fields as ({{ penstock.aliased_fields("spans") }})

        {{
            penstock.canonical_select(
                "audit_sample",
                {
                    "decision_id": "spans.decision_id",
                    "selected_at": "spans.startTimeUnixNano",
                    "inclusion_probability": penstock.share_of("fields.inclusion_probability"),
                },
                spans,
                "spans",
            )
        }}
    from spans
    join fields on spans.row_key = fields.row_key
    where fields.inclusion_probability is not null
{% endmacro %}
