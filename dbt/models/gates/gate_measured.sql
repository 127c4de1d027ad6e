{#- Every due criterion that is judged by measurement alone. -#}
{{
    penstock.judge(
        "(select * from "
        ~ ref("gate_due")
        ~ " where criterion_id not in "
        ~ penstock.map_criteria()
        ~ ")",
        "(select * from "
        ~ source("evidence", "estimates")
        ~ " union all by name select * from "
        ~ ref("evd_expectations_met")
        ~ ")",
    )
}}
