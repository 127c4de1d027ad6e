{#- Per class and landing batch: the newest decision, and the newest label of the source of labels
    that decides for the class (its workflow and outcome name). -#}
with
    changes as (
        select *
        from {{ ref("int_decisions__changes") }}
        where sign = 1 and has_decision and {{ penstock.only_new_batches() }}
    ),

    events as (
        select
            decision_class,
            landing_batch,
            max(occurred_at) as newest_event_at,
            max(event_date) as newest_event_date
        from changes
        where not is_conflict
        group by decision_class, landing_batch
    ),

    labels as (
        select
            classes.workflow,
            coalesce(classes.label_outcome, '') as label_outcome,
            changes.landing_batch,
            max(cast(changes.label_at as date)) as label_watermark_date
        from changes
        inner join
            {{ ref("decision_classes") }} as classes
            on changes.decision_class = classes.decision_class
        group by classes.workflow, coalesce(classes.label_outcome, ''), changes.landing_batch
    ),

    batches as (select distinct landing_batch from changes)

select
    classes.workflow,
    classes.decision_class,
    batches.landing_batch,
    '{{ penstock.build_id() }}' as build_id,
    labels.label_watermark_date,
    events.newest_event_at,
    events.newest_event_date
from {{ ref("decision_classes") }} as classes
cross join batches
left join
    events
    on classes.decision_class = events.decision_class
    and batches.landing_batch = events.landing_batch
left join
    labels
    on classes.workflow = labels.workflow
    and coalesce(classes.label_outcome, '') = labels.label_outcome
    and batches.landing_batch = labels.landing_batch
where events.newest_event_at is not null or labels.label_watermark_date is not null
