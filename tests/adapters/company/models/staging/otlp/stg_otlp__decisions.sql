{{ penstock.otlp_decisions(source("otlp", "spans")) }}
