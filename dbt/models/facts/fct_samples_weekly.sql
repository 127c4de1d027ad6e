{#- The audit sample by subject: the trials of every error bound. A subject that nobody knows is a
    subject of its own; decisions that are not selected are no trials and stand together, so that this
    table grows with the sample. Labels count only where the decision was selected. A selected decision in
    two versions is of no known route and has no label: it failed, wherever it belongs. -#}
{{ penstock.sampled_trials(ref("int_decisions__segmented")) }}
