{{ penstock.tau2_decisions(source("tau2", "simulations")) }}
