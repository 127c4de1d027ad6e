"""What the tests of results share: the tables they spoil, and what then fails."""

from dagster_project.evidence.data_fit.write import write_data_fit

PROFILE = "intermediate.int_data_fit__class_profile"
SETTLED = "intermediate.int_decisions__settled"
EVERYONE = {"a.one", "a.two", "b.three"}
# 17 of 18 in the profile's suite are required; 5 + 2 guards, and 4 of 5 of the demo's
REQUIRED = 17 + 7 + 4


def each(ids):
    return dict.fromkeys(EVERYONE, ids)


def failing_after(world, suites, *statements):
    for statement in statements:
        world.sql(statement)
    write_data_fit(world.path, suites)
    return {c: ids for c, ids in world.failing().items() if ids}
