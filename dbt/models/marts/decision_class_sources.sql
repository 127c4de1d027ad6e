with
    classes as (select workflow, decision_class from {{ ref("decision_classes") }}),

    serving as (
        select classes.workflow, classes.decision_class, sources.source
        from classes
        join {{ ref("int_workflows__sources") }} as sources on classes.workflow = sources.workflow
        where sources.source is not null
    ),

    -- what such a source holds may belong to any class
    of_no_class as (
        select distinct files.source
        from {{ source("landing", "files") }} as files
        cross join {{ ref("int_run_context") }} as context
        where
            files.landing_batch <= context.known_batch
            and files.source not in (select source from serving)
    )

select workflow, decision_class, source, true as is_mapped
from serving
union all
select classes.workflow, classes.decision_class, of_no_class.source, false
from classes
cross join of_no_class
