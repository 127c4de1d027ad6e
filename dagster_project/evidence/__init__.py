"""Evidence: numbers with their n, read from facts, written as rows for dbt to judge.

Lives here: ``data_fit`` (expectation results), ``estimates`` (rates and their bounds) and ``shown``
(what people read and no gate judges). Every row names its method, its window, how much it rests on
and what it lacks.

Refused here: a verdict or a comparison that ends in one (dbt's gate models), reading raw or
landed files (landing), joining events (dbt's intermediate models), publishing (publish).
"""
