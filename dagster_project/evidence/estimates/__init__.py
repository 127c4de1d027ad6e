"""Estimates: one number per criterion × class × segment × cohort, with the bound that proves it.

Lives here: ``bounds`` (pure, vectorised mathematics), ``context`` and ``registry`` (what is
judged, at which threshold and alpha), one module of makers per theme, ``replacing`` (how evidence
tables are replaced), ``write`` (the only writer of ``evidence.estimates``).

Refused here: the words of a verdict (dbt's gate models), a default for something unknown
(unknown counts as failure or leaves the row ``insufficient``), SQL per cell (one query per maker
serves every class).

scipy is imported by ``bounds``, so import these modules only when evidence is really made.
"""
