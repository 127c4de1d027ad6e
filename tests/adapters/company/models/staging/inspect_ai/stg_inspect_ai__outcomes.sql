{{ penstock.inspect_outcomes(source("inspect_ai", "samples")) }}
