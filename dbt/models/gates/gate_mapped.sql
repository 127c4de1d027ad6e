{#- Every due criterion about the autonomy map. -#}
{{
    penstock.judge(
        "(select * replace (segment as evidence_segment) from "
        ~ ref("gate_due")
        ~ " where criterion_id in "
        ~ penstock.map_criteria()
        ~ ")",
        ref("gate_map_evidence"),
    )
}}
