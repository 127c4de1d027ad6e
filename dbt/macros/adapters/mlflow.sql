{#- Traces of MLflow 3, one per line as `trace.to_json()` writes them. A TOOL span is one decision.
    Tokens, cost and model belong to the trace; its tool calls share them. -#}
{% macro mlflow_tools(traces) %}
    select
        traces.info,
        traces.data,
        spans.span,
        coalesce(traces.info.trace_id, traces._file_sha256 || ':' || traces._place)
        || ':'
        || coalesce(
            try(lower(hex(from_base64(spans.span.span_id)))), spans.span.span_id
        ) as decision_id,
        traces._file_sha256 || ':' || traces._place || ':' || spans.position as row_key,
        spans.span.attributes as attributes,
        to_json(traces.info.tags) as resource_attributes,
        {% for name in penstock.landed_columns() %}
            traces."{{ name }}" {{ "," if not loop.last }}
        {% endfor %}
    from {{ traces }} as traces
    cross join unnest(traces.data.spans)
    with ordinality as spans(span, position)
    where json_extract_string(spans.span.attributes, '$."mlflow.spanType"') in ('"TOOL"', 'TOOL')
{% endmacro %}

{% macro mlflow_decisions(traces, workflow=none, route=none) %}
    {%- set known = penstock.aliased_decision("fields", route) -%}
    {%- set metadata = "tools.info.trace_metadata" -%}
    {%- set shared = (
        "tools.usage.@ // tools.tool_count + case when tools.tool_number = 1"
        ~ " then tools.usage.@ % tools.tool_count else 0 end"
    ) -%}
    {%- do known.update(
        {
            "decision_id": "tools.decision_id",
            "occurred_at": "make_timestamptz(tools.span.start_time_unix_nano // 1000)",
            "workflow": "coalesce("
            ~ penstock.text_or_null(workflow)
            ~ ', fields.workflow, tools.info.tags."mlflow.traceName")',
            "subject_id": "coalesce(fields.subject_id, "
            ~ metadata
            ~ '."mlflow.trace.session", tools.info.trace_id)',
            "agent_id": "coalesce(fields.agent_id, tools.agents[1].name)",
            "agent_version": "coalesce(fields.agent_version, "
            ~ metadata
            ~ '."mlflow.modelId")',
            "model": "coalesce(fields.model, case when len(tools.models) = 1 then"
            ~ " tools.models[1] end)",
            "action": "coalesce(fields.action, tools.span.name)",
            "latency_ms": "case when tools.span.end_time_unix_nano >="
            ~ " tools.span.start_time_unix_nano then cast(round((tools.span.end_time_unix_nano"
            ~ " - tools.span.start_time_unix_nano) / 1000000) as bigint) end",
            "input_tokens": shared | replace("@", "input_tokens"),
            "output_tokens": shared | replace("@", "output_tokens"),
            "cost_amount": "case when tools.cost > 0 then tools.cost / tools.tool_count end",
            "cost_currency": "case when tools.cost > 0 then 'USD' end",
            "status": "case when tools.span.status.code like '%ERROR' then 'error' else 'ok' end",
            "error_type": "case when tools.span.status.code like '%ERROR' then"
            ~ " coalesce(fields.error_type, 'tool_error') end",
        }
    ) -%}
    with
        tools as (
            select
                *,
                count(*) over (partition by _file_sha256, _place) as tool_count,
                row_number() over (
                    partition by _file_sha256, _place order by row_key
                ) as tool_number,
                info.trace_metadata."mlflow.trace.tokenUsage" as usage,
                info.trace_metadata."mlflow.trace.cost".total_cost as cost,
                -- of the spans above it, the agent that called it
                list_filter(
                    data.spans,
                    lambda s:s.span_id = span.parent_span_id
                    and json_extract_string(s.attributes, '$."mlflow.spanType"') = '"AGENT"'
                ) as agents,
                list_distinct(
                    list_filter(
                        list_transform(
                            data.spans,
                            lambda s:trim(
                                json_extract_string(s.attributes, '$."mlflow.llm.model"'), '"'
                            )
                        ),
                        lambda m:m is not null
                    )
                ) as models
            from ({{ penstock.mlflow_tools(traces) }})
        ),

        fields as ({{ penstock.aliased_fields("tools", is_json_text=true) }})

        {{ penstock.canonical_select("decisions", known, traces, "tools") }}
    from tools
    left join fields on tools.row_key = fields.row_key
{% endmacro %}
