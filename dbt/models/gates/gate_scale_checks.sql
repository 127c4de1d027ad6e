{#- One row per workflow and check of what is ready to scale, each over the same classes: a gate counts
    where no gate before it is open, so that no class lends another what it lacks, and a share of right
    answers alone meets nothing. -#}
with
    baselines as (
        select decision_class
        from {{ ref("gate_verdicts") }}
        where criterion_id = 'baseline_fixed' and segment = 'all' and verdict = 'pass'
    ),

    checks(scale_check, gate_order) as (
        values
            ('measurable_business_value', 1),
            ('reliable_production_data', 2),
            ('agreed_autonomy_levels', 3),
            ('monitoring_and_audit_logs', 4),
            ('business_metric_improved', 5)
    ),

    gates as (
        select
            ladder.workflow,
            ladder.decision_class,
            ladder.gate_order,
            ladder.verdict = 'pass'
            and ladder.is_blocked = false
            and baselines.decision_class is not null as is_met
        from {{ ref("gate_ladder") }} as ladder
        left join baselines on ladder.decision_class = baselines.decision_class
        where ladder.segment = 'all'
    )

select
    workflows.workflow,
    checks.scale_check,
    checks.gate_order as check_order,
    count(gates.decision_class) as class_count,
    count(*) filter (where gates.is_met) as met_count,
    string_agg(gates.decision_class, ', ' order by gates.decision_class) filter (
        where gates.is_met
    ) as met_classes
from {{ ref("workflows") }} as workflows
cross join checks
left join gates on workflows.workflow = gates.workflow and checks.gate_order = gates.gate_order
group by workflows.workflow, checks.scale_check, checks.gate_order
