{{ penstock.mlflow_reviews(source("mlflow", "outcomes"), source("mlflow", "traces")) }}
