{{ penstock.mlflow_decisions(source("mlflow", "traces")) }}
