{{ penstock.tau2_outcomes(source("tau2", "simulations")) }}
