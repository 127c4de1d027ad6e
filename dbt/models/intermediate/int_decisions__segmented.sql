{#- One row per change and segment: `all`, and one `dimension=value` per declared dimension. A value
    that the registry does not declare is unknown. -#}
with
    changes as (select * from {{ ref("int_decisions__changes") }}),

    segments as (select * from {{ ref("segments") }}),

    dimensions as (select distinct workflow, segment_dimension from segments)

select changes.*, 'all' as segment
from changes

union all

select
    changes.*,
    dimensions.segment_dimension || '=' || coalesce(segments.segment_value, '(unknown)') as segment
from changes
inner join dimensions on changes.workflow = dimensions.workflow
left join
    segments
    on dimensions.workflow = segments.workflow
    and dimensions.segment_dimension = segments.segment_dimension
    and segments.segment_value = case
        dimensions.segment_dimension
        when 'region'
        then changes.region
        when 'team'
        then changes.team
        when 'channel'
        then changes.channel
    end
