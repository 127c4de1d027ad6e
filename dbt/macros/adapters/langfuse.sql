{#- Exports of Langfuse: one document per trace with its observations and scores. A TOOL observation
    is one decision. Latency is end minus start: the field `latency` is in seconds in some exports,
    in milliseconds in others. -#}
{% macro langfuse_decisions(observations, workflow=none, route=none) %}
    {%- set known = penstock.aliased_decision("fields", route) -%}
    {%- do known.update(
        {
            "decision_id": "tools.decision_id",
            "occurred_at": "tools.startTime",
            "workflow": "coalesce("
            ~ penstock.text_or_null(workflow)
            ~ ", fields.workflow, tools.trace.name)",
            "subject_id": "coalesce(fields.subject_id, tools.trace.sessionId, tools.traceId)",
            "agent_id": "coalesce(fields.agent_id, parents.agent_name, elders.agent_name)",
            "agent_version": "coalesce(fields.agent_version, tools.version, tools.trace.version,"
            ~ " tools.trace.release)",
            "model": "coalesce(fields.model, case when traces.model_count = 1 then traces.model"
            ~ " end)",
            "action": "coalesce(fields.action, tools.name)",
            "latency_ms": "case when tools.endTime >= tools.startTime then"
            ~ " cast(round((epoch_us(tools.endTime) - epoch_us(tools.startTime)) / 1000) as bigint)"
            ~ " end",
            "input_tokens": "traces.input_tokens // tools.tool_count + case when tools.tool_number"
            ~ " = 1 then traces.input_tokens % tools.tool_count else 0 end",
            "output_tokens": "traces.output_tokens // tools.tool_count + case when tools.tool_number"
            ~ " = 1 then traces.output_tokens % tools.tool_count else 0 end",
            "cost_amount": "traces.cost_amount / tools.tool_count",
            "cost_currency": "case when traces.cost_amount is not null then 'USD' end",
            "status": "case when tools.level = 'ERROR' then 'error' when tools.level is not null"
            ~ " then 'ok' end",
            "error_type": "case when tools.level = 'ERROR' then 'tool_error' end",
        }
    ) -%}
    with
        tools as (
            select
                *,
                traceid || ':' || id as decision_id,
                traceid || ':' || id || ':' || _file_sha256 as row_key,
                count(*) over (partition by traceid, _file_sha256) as tool_count,
                row_number() over (
                    partition by traceid, _file_sha256 order by starttime, id
                ) as tool_number,
                {{ penstock.langfuse_attributes("metadata") }} as attributes,
                json_extract(metadata, '$.resourceAttributes') as resource_attributes
            from {{ observations }}
            where type = 'TOOL'
        ),

        fields as ({{ penstock.aliased_fields("tools") }}),

        -- tokens and cost belong to the model's answers; the trace's tool calls share them
        traces as (
            select
                traceid,
                _file_sha256,
                count(distinct model) as model_count,
                min(model) as model,
                case
                    when count(usagedetails.input) = count(*)
                    then cast(sum(usagedetails.input) as bigint)
                end as input_tokens,
                case
                    when count(usagedetails.output) = count(*)
                    then cast(sum(usagedetails.output) as bigint)
                end as output_tokens,
                -- cost 0 on real tokens is a price that nobody knew
                case
                    when count(*) filter (where totalcost > 0) = count(*) then sum(totalcost)
                end as cost_amount
            from {{ observations }}
            where type = 'GENERATION'
            group by traceid, _file_sha256
        ),

        parents as (
            select
                id,
                traceid,
                _file_sha256,
                parentobservationid,
                case when type = 'AGENT' then name end as agent_name
            from {{ observations }}
        )

        {{ penstock.canonical_select("decisions", known, observations, "tools") }}
    from tools
    left join fields on tools.row_key = fields.row_key
    left join traces on tools.traceid = traces.traceid and tools._file_sha256 = traces._file_sha256
    left join
        parents
        on tools.parentobservationid = parents.id
        and tools.traceid = parents.traceid
        and tools._file_sha256 = parents._file_sha256
    left join
        parents as elders
        on parents.parentobservationid = elders.id
        and parents.traceid = elders.traceid
        and parents._file_sha256 = elders._file_sha256
{% endmacro %}

{#- Metadata that a program gave stands beside the attributes that OpenTelemetry brought. -#}
{% macro langfuse_attributes(metadata) -%}
    json_merge_patch(
        coalesce(json_extract({{ metadata }}, '$.attributes'), '{}'), coalesce({{ metadata }}, '{}')
    )
{%- endmacro %}
