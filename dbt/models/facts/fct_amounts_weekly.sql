{#- The audit sample by subject and amount band, as `fct_samples_weekly` has it by segment: the trials of
    the bounds of delegation limits. Only of classes with registered limits. -#}
{{ penstock.sampled_trials(ref("int_decisions__banded")) }}
