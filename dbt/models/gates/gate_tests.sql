{#- The four tests of autonomy calibration, judged for every class whatever level it declares. -#}
{{
    penstock.judge(
        "(select * replace (true as is_applicable) from "
        ~ ref("gate_due")
        ~ " where criterion_id in ('"
        ~ penstock.autonomy_tests()
        | join("', '") ~ "'))",
        source("evidence", "estimates"),
    )
}}
