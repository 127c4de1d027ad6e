{{ penstock.tau2_judge_outcomes(source("tau2", "outcomes"), source("tau2", "simulations")) }}
