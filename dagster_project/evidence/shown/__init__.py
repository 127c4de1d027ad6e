"""Shown: numbers that people read beside the verdicts, and that no gate reads.

Lives here: ``calibration``, ``agreement``, ``discoveries`` and ``paired`` (pure mathematics),
``confidence``, ``reviewers``, ``latency``, ``error_evidence`` and ``tripwires`` (facts to rows),
``write`` (the only writer of their tables).

Refused here: anything that a criterion is held against. A calibration error is biased upwards by
chance (0.099 at 50 labels of a perfect agent), an estimated design effect may come out too small,
and what holds over many classes lets one help another: they may inform and never decide.
"""
