with
    classes as (select workflow, decision_class from {{ ref("decision_classes") }}),

    fed as (
        select source, stream
        from {{ ref("int_tables__streams") }}
        union
        -- a table that feeds no stream may hold anything
        select distinct files.source, '(unknown)'
        from {{ source("landing", "files") }} as files
        left join
            {{ ref("int_tables__streams") }} as tables
            on files.source = tables.source
            and files."table" = tables.source_table
        where tables.stream is null
    ),

    reached as (
        select reach.workflow, reach.source, reach.is_mapped
        from {{ ref("int_sources__reach") }} as reach
        left join fed on reach.source = fed.source and reach.stream = fed.stream
        where fed.stream is not null or reach.is_mapped
        group by reach.workflow, reach.source, reach.is_mapped
    )

select classes.workflow, classes.decision_class, reached.source, reached.is_mapped
from classes
join reached on classes.workflow = reached.workflow
