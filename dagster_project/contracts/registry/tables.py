"""Every registry seed a company keeps: the binding columns, in file order."""

from typing import Final

from dagster_project.contracts.registry.columns import (
    CLASS_LINK,
    WORKFLOW_LINK,
    choice,
    currency,
    date,
    link,
    own,
    price,
    text,
)
from dagster_project.contracts.registry.expansion import EXPANSION_STEPS, OPERATING_FUNDING
from dagster_project.contracts.registry.inventory import (
    AMOUNT_LIMITS,
    AUDIT_RATES,
    CLASS_MAPPING,
    DECISION_CLASSES,
    SEGMENTS,
    TAXONOMY_CHANGES,
    WORKFLOWS,
)
from dagster_project.contracts.registry.kpis import (
    KPI_CONTROLS,
    KPI_LOOKS,
    KPI_MODELS,
    KPI_REGISTRY,
    KPI_VALUES,
)
from dagster_project.contracts.registry.schema import Kind, Seed, SeedColumn
from dagster_project.contracts.streams import RAILS
from dagster_project.names import OWNER_ROLES

SEED_FOLDER: Final = "seeds/registry"
SIGNING_ROLES: Final = ("business", "risk")

PEOPLE: Final = Seed(
    "people",
    "person",
    "one person",
    ("person_id",),
    (
        own("person_id", "Identifies the person.", "p1"),
        text("name", "Name for people."),
        SeedColumn("is_active", Kind.FLAG, "Works here today; a leaver owns nothing."),
    ),
)
OWNERS: Final = Seed(
    "owners",
    "owner",
    "one person in one role of a workflow, for a time",
    ("workflow", "role", "person_id", "valid_from"),
    (
        WORKFLOW_LINK,
        choice("role", (*OWNER_ROLES, "sponsor"), "What the person answers for."),
        link("person_id", "people", "Who."),
        date("valid_from", "First day."),
        date("valid_until", "First day no longer; empty: still.", is_required=False),
    ),
)
THRESHOLDS: Final = Seed(
    "thresholds",
    "threshold",
    "one threshold that replaces the product's, from a day on",
    ("criterion_id", "decision_class", "effective_from"),
    (
        link("criterion_id", "criteria", "Criterion of the product's `criteria`."),
        link("decision_class", "decision_classes", "Class; empty: every class.", is_required=False),
        SeedColumn(
            "threshold", Kind.NUMBER, "The number to hold, in the criterion's unit.", example="0.02"
        ),
        link("owner", "people", "Who answers for it."),
        text("reason", "Why it differs from the product's."),
        date(
            "effective_from", "First day; evidence from before it does not count for a looser one."
        ),
    ),
)
REVIEW_POOLS: Final = Seed(
    "review_pools",
    "review pool",
    "one group of reviewers",
    ("review_pool",),
    (
        own("review_pool", "Identifies the pool.", "procurement_desk"),
        WORKFLOW_LINK,
        SeedColumn("reviewer_count", Kind.COUNT, "How many people.", example="3"),
        SeedColumn("hours_per_week", Kind.HOURS, "Hours of review a week.", example="12"),
    ),
)
REVIEWERS: Final = Seed(
    "reviewers",
    "reviewer",
    "one reviewer",
    ("reviewer_id",),
    (
        own(
            "reviewer_id", "Who reviews: the name that reviews give, or its pseudonym.", "rev-heron"
        ),
        link("review_pool", "review_pools", "Pool the reviewer works in."),
    ),
)
RAIL_SEED: Final = Seed(
    "rails",
    "rail",
    "one component that stands for a rail in a workflow",
    ("rail", "workflow", "component"),
    (
        choice("rail", RAILS, "Which of the nine shared rails."),
        WORKFLOW_LINK,
        text(
            "component",
            "What stands for it, by the name that `rail_evidence` gives it.",
            example="central review queue",
        ),
        SeedColumn("is_shared", Kind.FLAG, "Shared by workflows; false: a one-off."),
        SeedColumn(
            "max_age_days",
            Kind.COUNT,
            "Days after which evidence that it works is stale.",
            is_above_zero=True,
            example="30",
        ),
    ),
)
SIGN_OFFS: Final = Seed(
    "sign_offs",
    "sign-off",
    "one signature under one autonomy map",
    ("sign_off_id",),
    (
        own("sign_off_id", "Identifies the signature.", "s001"),
        CLASS_LINK,
        choice("role", SIGNING_ROLES, "Role in which it was given."),
        link("person_id", "people", "Who signed."),
        SeedColumn("map_digest", Kind.DIGEST, "What was signed."),
        SeedColumn("evidence_digest", Kind.DIGEST, "The evidence that was shown."),
        date("signed_at", "Day of signing."),
        date("expires_at", "First day on which it no longer counts."),
    ),
)
WAIVERS: Final = Seed(
    "waivers",
    "waiver",
    "one criterion of one class whose risk somebody bears for a time",
    ("waiver_id",),
    (
        own("waiver_id", "Identifies the waiver.", "w001"),
        CLASS_LINK,
        link("criterion_id", "criteria", "Criterion that is waived; a rule cannot be."),
        link("requested_by", "people", "Who asks for it."),
        link("approved_by", "people", "The workflow's risk owner, not who asks."),
        text("reason", "Why it may wait."),
        SeedColumn(
            "exposure_amount",
            Kind.MONEY,
            "Money that may be lost while it holds.",
            is_above_zero=True,
            example="250.00",
        ),
        currency("currency", "Currency of the exposure."),
        date("granted_at", "First day."),
        date("expires_at", "First day on which it no longer holds; at most 30 days later."),
    ),
)
PRICE_LIST: Final = Seed(
    "price_list",
    "price",
    "one model's price, from a day on",
    ("model", "valid_from"),
    (
        text("model", "Model as decisions name it.", example="gpt-4.1"),
        date("valid_from", "First day."),
        price("input_price_per_million", "Money for a million tokens read."),
        price("output_price_per_million", "Money for a million tokens written."),
        currency("currency", "Currency of both."),
    ),
)
LABOUR_PRICES: Final = Seed(
    "labour_prices",
    "labour price",
    "what an hour of one pool's reviews costs, from a day on",
    ("review_pool", "valid_from"),
    (
        link("review_pool", "review_pools", "Whose hour."),
        date("valid_from", "First day."),
        SeedColumn(
            "hourly_cost_amount",
            Kind.MONEY,
            "Money for an hour, with all that comes on top of the wage.",
            is_above_zero=True,
            example="60.00",
        ),
        currency("currency", "Currency of it."),
    ),
)

PLANNING_ERRORS: Final = Seed(
    "planning_errors",
    "planning error",
    "one class's error that its evidence is planned with",
    ("decision_class",),
    (
        CLASS_LINK,
        SeedColumn(
            "planning_error",
            Kind.SHARE,
            "Error expected of the decisions the AI takes alone.",
            is_above_zero=True,
            example="0.01",
        ),
        link("owner", "people", "Who answers for it."),
        text("reason", "Why so small an error, or so large a one, is expected."),
    ),
)
BORROWED_EVIDENCE: Final = Seed(
    "borrowed_evidence",
    "loan",
    "what one class borrows from another class's or cohort's evidence, from a day on",
    ("decision_class", "registered_at"),
    (
        CLASS_LINK,
        date("registered_at", "Day of registration, before the first decision that uses it."),
        link("lender_class", "decision_classes", "Class whose evidence is borrowed."),
        text("lender_cohort", "Its cohort; empty: all of them.", is_required=False),
        SeedColumn("failure_count", Kind.COUNT, "Failed trials of the lender.", example="3"),
        SeedColumn(
            "trial_count", Kind.COUNT, "Its trials in all.", is_above_zero=True, example="1200"
        ),
        SeedColumn(
            "weight",
            Kind.SHARE,
            "What one trial of the lender counts, at most 0.25.",
            is_above_zero=True,
            example="0.25",
        ),
        link("owner", "people", "Who answers for it."),
        text("reason", "Why the lender's decisions are alike."),
    ),
)

SEEDS: Final = (
    WORKFLOWS,
    DECISION_CLASSES,
    TAXONOMY_CHANGES,
    CLASS_MAPPING,
    AUDIT_RATES,
    AMOUNT_LIMITS,
    SEGMENTS,
    PEOPLE,
    OWNERS,
    THRESHOLDS,
    KPI_REGISTRY,
    KPI_MODELS,
    KPI_CONTROLS,
    KPI_LOOKS,
    KPI_VALUES,
    REVIEW_POOLS,
    REVIEWERS,
    RAIL_SEED,
    SIGN_OFFS,
    WAIVERS,
    PRICE_LIST,
    LABOUR_PRICES,
    PLANNING_ERRORS,
    BORROWED_EVIDENCE,
    EXPANSION_STEPS,
    OPERATING_FUNDING,
)
