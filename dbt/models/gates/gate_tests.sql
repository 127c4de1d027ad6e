{#- The four tests of autonomy calibration, judged for every class whatever level it declares; and the
    error, by which a class that is irreversible or regulated earns a person's approval. -#}
{{
    penstock.judge(
        "(select * replace (true as is_applicable) from "
        ~ ref("gate_due")
        ~ " where criterion_id in ('"
        ~ (penstock.autonomy_tests() + [penstock.shadow_test()])
        | join("', '") ~ "'))",
        source("evidence", "estimates"),
    )
}}
