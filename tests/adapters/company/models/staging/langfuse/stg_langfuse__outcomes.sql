{{
    penstock.langfuse_outcomes(
        source("langfuse", "traces"),
        source("langfuse", "observations"),
        lower_is_better=["hallucination", "toxicity"],
        correct_from=0.5,
    )
}}
