{{
    penstock.mlflow_outcomes(
        source("mlflow", "assessments"),
        source("mlflow", "traces"),
        higher_is_better=["safe"],
        label_sources={"limit": "system_of_record"},
    )
}}
