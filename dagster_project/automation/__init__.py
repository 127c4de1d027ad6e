"""What Dagster sees: assets by layer, checks, one job, a schedule, sensors.

Lives here: thin assets that call the rooms and report what they did. Refused here: any work of the
rooms themselves, and everything that happens while a code location loads beyond reading the
manifest and the suite files.
"""
