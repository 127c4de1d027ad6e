{#- Six items of a workflow's checklist and five checks of what is ready to scale, each with what shows it. An
    item that nothing shows is not met. -#}
with
    undeclared as (
        select workflow, sum(decisions_last_28_days_count) as undeclared_count
        from {{ ref("decision_inventory") }}
        where not is_declared
        group by workflow
    ),

    workflows as (
        select readiness.*, coalesce(undeclared.undeclared_count, 0) as undeclared_count
        from {{ ref("gate_readiness") }} as readiness
        left join undeclared using (workflow)
    ),

    items as (
        select
            workflow,
            'checklist' as section,
            unnest(
                [
                    struct_pack(
                        item_order := 1,
                        item := 'high_volume_and_business_owner',
                        is_met := high_volume_count > 0 and business_owner is not null,
                        evidence := format(
                            '{} of {} classes above their volume floor; ',
                            high_volume_count,
                            class_count
                        )
                        || coalesce('business owner ' || business_owner, 'no business owner')
                    ),
                    struct_pack(
                        item_order := 2,
                        item := 'broken_into_decision_classes',
                        -- one class is the use case under another name
                        is_met := class_count > 1 and undeclared_count = 0,
                        evidence := format(
                            '{} classes; {} undeclared decisions in 28 days',
                            class_count,
                            undeclared_count
                        )
                    ),
                    struct_pack(
                        item_order := 3,
                        item := 'each_class_assigned_a_level',
                        is_met := class_count > 0 and level_count = class_count,
                        evidence := format(
                            'delegate {}, delegate with audit {}, surface {}, human only {}',
                            delegate_count,
                            delegate_with_audit_count,
                            surface_count,
                            human_only_count
                        )
                    ),
                    struct_pack(
                        item_order := 4,
                        item := 'shared_rails_defined',
                        is_met := shared_count > 0 and missing_count = 0,
                        evidence := format(
                            '{} shared, {} one-off, {} missing; {} shown to work',
                            shared_count,
                            one_off_count,
                            missing_count,
                            working_count
                        )
                    ),
                    struct_pack(
                        item_order := 5,
                        item := 'gates_set',
                        is_met := criterion_count > 0 and set_count = criterion_count,
                        evidence := format(
                            '{} of {} criteria have one threshold in force',
                            set_count,
                            criterion_count
                        )
                    ),
                    struct_pack(
                        item_order := 6,
                        item := 'funded_as_operating_system',
                        is_met := funded_by is not null and funded_date is not null,
                        evidence := coalesce(
                            format('stated by {} on {}', funded_by, funded_date),
                            'nobody active has stated it'
                        )
                    )
                ],
                recursive := true
            )
        from workflows

        union all

        select
            workflow,
            'ready_to_scale' as section,
            6 + check_order,
            scale_check,
            met_count > 0,
            format('{} of {} classes', met_count, class_count) || coalesce(': ' || met_classes, '')
        from {{ ref("gate_scale_checks") }}
    )

select
    context.as_of,
    items.workflow,
    items.section,
    cast(items.item_order as integer) as item_order,
    items.item,
    coalesce(items.is_met, false) as is_met,
    coalesce(items.evidence, 'no class is declared') as evidence
from items
cross join {{ ref("int_run_context") }} as context
