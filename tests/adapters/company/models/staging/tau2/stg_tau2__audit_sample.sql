{{ penstock.tau2_audit_sample(source("tau2", "simulations")) }}
