{{ penstock.inspect_rail_evidence(source("inspect_ai", "samples")) }}
