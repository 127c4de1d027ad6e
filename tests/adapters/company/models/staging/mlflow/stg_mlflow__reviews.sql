{{ penstock.mlflow_reviews(source("mlflow", "assessments"), source("mlflow", "traces")) }}
