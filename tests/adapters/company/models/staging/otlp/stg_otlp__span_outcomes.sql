{{ penstock.otlp_outcomes(source("otlp", "spans"), "spans", higher_is_better=["helpful"]) }}
