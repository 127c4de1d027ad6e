{{ penstock.tau2_judge_outcomes(source("tau2", "judgements"), source("tau2", "simulations")) }}
