"""Seeds of the decision inventory: workflows, classes, what maps to them, how they are cut."""

from typing import Final

from dagster_project.contracts.registry.columns import (
    CLASS_LINK,
    VERSION,
    WORKFLOW_LINK,
    amount,
    choice,
    currency,
    date,
    link,
    own,
    text,
)
from dagster_project.contracts.registry.schema import Kind, Seed, SeedColumn
from dagster_project.names import LEVELS, OPTIONAL_FIELDS

MATCH_FIELDS: Final = ("action", "decision_class")
TAXONOMY_KINDS: Final = ("renamed", "split", "merged")
SEGMENT_DIMENSIONS: Final = ("region", "team", "channel")


WORKFLOWS: Final = Seed(
    "workflows",
    "workflow",
    "one workflow",
    ("workflow",),
    (
        own("workflow", "Identifies the workflow, as decisions name it.", "procurement"),
        text("title", "Name for people."),
        text("description", "What the workflow does.", is_required=False),
        link("sponsor", "people", "Who pays; a sponsor is not an owner.", is_required=False),
    ),
)
DECISION_CLASSES: Final = Seed(
    "decision_classes",
    "decision class",
    "one decision class",
    ("decision_class",),
    (
        own(
            "decision_class",
            "Identifies the class, unique over all workflows.",
            "procurement.refund",
        ),
        WORKFLOW_LINK,
        text("title", "Name for people."),
        text("description", "What is decided.", is_required=False),
        amount("cost_of_delay_amount", "Money lost per decision that waits."),
        choice("error_cost", ("low", "medium", "high", "very_high"), "How bad an error is."),
        SeedColumn(
            "error_cost_amount", Kind.CENTS, "Money lost per wrong decision.", example="15.00"
        ),
        currency("currency", "Currency of every amount in the row."),
        choice("reversibility", ("easy", "hard", "irreversible"), "How well it can be undone."),
        SeedColumn("is_regulated", Kind.FLAG, "A law asks for a person."),
        choice("declared_level", LEVELS, "The autonomy that the company asks for."),
        SeedColumn(
            "boundary",
            Kind.BOUNDARY,
            "What the AI may do alone: `field op value` or `field in (a, b)` joined by ` and `.",
            is_required=False,
            example="action in (refund) and amount <= 500",
        ),
        amount("amount_limit", "Largest amount of one decision.", is_required=False),
        text("label_outcome", "Outcome that says right or wrong; empty: reviews do.", False),
        SeedColumn(
            "label_delay_days",
            Kind.COUNT,
            "Days after which a label no longer changes; younger decisions are not counted yet.",
            example="7",
        ),
        SeedColumn(
            "latency_limit_ms",
            Kind.COUNT,
            "A decision that takes longer is slow.",
            is_above_zero=True,
            example="5000",
        ),
        SeedColumn(
            "operating_confidence",
            Kind.PERCENT,
            "Confidence from which the AI would act; empty: 0.50.",
            is_required=False,
            example="0.80",
        ),
        link("review_pool", "review_pools", "Who reviews it.", is_required=False),
        SeedColumn(
            "review_wait_minutes",
            Kind.COUNT,
            "A review that waits longer in the queue is late; empty: capacity cannot be shown.",
            is_required=False,
            is_above_zero=True,
            example="60",
        ),
        SeedColumn(
            "alpha_weight",
            Kind.SHARE,
            "Share of the risk of a false pass; all classes together at most 1.",
            is_above_zero=True,
            example="0.05",
        ),
        SeedColumn(
            "required_fields",
            Kind.LIST,
            "Fields without which a decision is not clean, separated by `;`.",
            is_required=False,
            choices=OPTIONAL_FIELDS,
            example="confidence;amount",
        ),
        VERSION,
        SeedColumn(
            "weekly_volume",
            Kind.COUNT,
            "Decisions a week that are expected; shown beside those seen.",
            is_required=False,
            example="600",
        ),
        SeedColumn(
            "cost_cap_amount",
            Kind.MONEY,
            "What a decision costs at most, on average over a subject's week; empty: its cost"
            " cannot be bounded.",
            is_required=False,
            is_above_zero=True,
            example="2.00",
        ),
    ),
)
TAXONOMY_CHANGES: Final = Seed(
    "taxonomy_changes",
    "taxonomy change",
    "one class before and one class after a change of the inventory",
    ("former_class", "decision_class", "effective_from"),
    (
        own("former_class", "Class as it was called before.", "procurement.refund"),
        CLASS_LINK,
        choice("kind", TAXONOMY_KINDS, "Renamed: evidence goes along. Else it starts anew."),
        VERSION,
        date("effective_from", "First day, in event time, of the class after."),
        link("owner", "people", "Who answers for it."),
        text("reason", "Why."),
    ),
)
CLASS_MAPPING: Final = Seed(
    "class_mapping",
    "mapping",
    "one rule that maps decisions of a source to a class",
    ("mapping_id",),
    (
        own("mapping_id", "Identifies the rule.", "m001"),
        text("source", "Source as the sources YAML declares it.", example="procurement"),
        link("workflow", "workflows", "Workflow the decision must carry."),
        choice("match_field", MATCH_FIELDS, "Which field of the decision is compared."),
        text("match_value", "Value the field must have, exactly.", example="issue_refund"),
        amount("amount_min", "Smallest amount it takes; empty: no lower end.", is_required=False),
        amount("amount_max", "First amount it no longer takes; empty: no end.", is_required=False),
        link("decision_class", "decision_classes", "Class of the decisions it takes."),
        date("valid_from", "First day, in event time, on which it applies."),
        VERSION,
    ),
)
SEGMENTS: Final = Seed(
    "segments",
    "segment",
    "one segment of a workflow in which every class must prove itself",
    ("workflow", "segment_dimension", "segment_value"),
    (
        WORKFLOW_LINK,
        choice("segment_dimension", SEGMENT_DIMENSIONS, "Field of the decision."),
        text("segment_value", "Its value.", example="EU"),
        SeedColumn(
            "is_delegated_alone",
            Kind.FLAG,
            "May be delegated before the whole class is, for a share of its alpha; empty: false.",
            is_required=False,
        ),
    ),
)
AMOUNT_LIMITS: Final = Seed(
    "amount_limits",
    "amount limit",
    "one amount up to which a class might be delegated",
    ("decision_class", "amount_limit"),
    (
        CLASS_LINK,
        SeedColumn(
            "amount_limit",
            Kind.MONEY,
            "Last amount of a band, in the class's currency; the band begins above the one before.",
            is_above_zero=True,
            example="180.00",
        ),
    ),
)
AUDIT_RATES: Final = Seed(
    "audit_rates",
    "audit rate",
    "one class's chance of entering the audit sample, from a day on",
    ("decision_class", "valid_from"),
    (
        CLASS_LINK,
        SeedColumn(
            "inclusion_probability",
            Kind.SHARE,
            "Chance with which a decision is drawn.",
            is_above_zero=True,
            example="0.10",
        ),
        date("valid_from", "First day, in event time."),
    ),
)
