{{ penstock.otlp_reviews(source("otlp", "spans"), "spans") }}
