{{ penstock.inspect_decisions(source("inspect_ai", "samples")) }}
