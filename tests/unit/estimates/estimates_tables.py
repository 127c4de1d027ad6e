"""The relations that estimates read, with the columns that they read."""

DDL = """
create schema evidence;
create table evidence.foreign_selections (decision_class varchar, selection_count bigint);
create schema landing; create schema registry; create schema facts; create schema intermediate;
create table landing.run_context (as_of date, known_batch varchar);
create table landing.files (source varchar, "table" varchar, file_sha256 varchar,
    status varchar, unit_count bigint, landed_count bigint, quarantined_count bigint,
    blank_count bigint, landing_batch varchar);
create table registry.decision_classes (decision_class varchar, workflow varchar,
    cost_of_delay_amount decimal(18,4), error_cost_amount decimal(18,2), reversibility varchar,
    declared_level varchar, boundary varchar, label_outcome varchar, label_delay_days bigint,
    latency_limit_ms bigint, operating_confidence decimal(3,2), review_wait_minutes bigint,
    review_pool varchar, alpha_weight decimal(9,6), currency varchar,
    cost_cap_amount decimal(18,4));
create table registry.criteria (criterion_id varchar, comparison varchar,
    threshold decimal(28,9), alpha decimal(9,6), scope varchar);
create table registry.thresholds (criterion_id varchar, decision_class varchar,
    threshold decimal(28,9), effective_from date);
create table registry.segments (workflow varchar, segment_dimension varchar,
    segment_value varchar, is_delegated_alone boolean);
create table registry.class_mapping (source varchar, workflow varchar, decision_class varchar);
create table registry.people (person_id varchar, is_active boolean);
create table registry.owners (workflow varchar, role varchar, person_id varchar,
    valid_from date, valid_until date);
create table registry.kpi_registry (kpi varchar, workflow varchar, decision_class varchar,
    kind varchar, direction varchar, minimum_effect decimal(28,9), margin decimal(28,9),
    unit varchar, currency varchar, baseline_start date, baseline_end date, launch_date date,
    registered_at date);
create table registry.kpi_models (kpi varchar, workflow varchar, decision_class varchar,
    has_trend boolean, season_periods bigint, registered_at date);
create table registry.kpi_controls (kpi varchar, workflow varchar, decision_class varchar,
    control varchar, registered_at date);
create table registry.kpi_looks (kpi varchar, workflow varchar, decision_class varchar,
    look_date date, registered_at date);
create table registry.kpi_values (kpi varchar, workflow varchar, decision_class varchar,
    value_per_unit decimal(18,4), period varchar, currency varchar, registered_at date);
create table registry.labour_prices (review_pool varchar, valid_from date,
    hourly_cost_amount decimal(18,4), currency varchar);
create table registry.reviewers (reviewer_id varchar, review_pool varchar);
create table registry.audit_rates (decision_class varchar, inclusion_probability decimal(9,6),
    valid_from date);
create table registry.review_pools (review_pool varchar, reviewer_count bigint,
    hours_per_week decimal(9,2));
create table facts.fct_decisions_daily (source varchar, workflow varchar,
    decision_class varchar, segment varchar, cohort_id varchar, route varchar, event_date date,
    landing_batch varchar, decision_count bigint, unreadable_count bigint, failed_count bigint,
    missing_required_count bigint, clean_count bigint, audit_complete_count bigint,
    boundary_violation_count bigint, boundary_unknown_count bigint, priced_count bigint,
    cost_amount decimal(38,9));
create table facts.fct_latency_daily (decision_class varchar, segment varchar,
    cohort_id varchar, event_date date, latency_bin integer, landing_batch varchar,
    decision_count bigint);
create table facts.fct_samples_weekly (decision_class varchar, segment varchar,
    cohort_id varchar, route varchar, inclusion_probability decimal(9,6), subject_key varchar,
    event_date date, confidence_bin integer, landing_batch varchar, decision_count bigint,
    selected_count bigint, labelled_count bigint, wrong_count bigint, approval_date date,
    late_error_count bigint, late_label_count bigint, outside_label_count bigint,
    outside_wrong_count bigint, selected_cost_amount decimal(38,9));
create table facts.fct_confidence_daily (decision_class varchar, segment varchar,
    cohort_id varchar, route varchar, inclusion_probability decimal(9,6),
    confidence_method varchar, confidence_bin integer, event_date date, landing_batch varchar,
    decision_count bigint, selected_count bigint, labelled_count bigint, wrong_count bigint,
    confidence_sum decimal(38,6), wrong_confidence_sum decimal(38,6),
    confidence_square_sum decimal(38,12));
create table facts.fct_amount_bins_daily (decision_class varchar, amount_bin integer,
    event_date date, landing_batch varchar, decision_count bigint);
create table facts.fct_review_pairs_daily (decision_class varchar, event_date date,
    landing_batch varchar, both_right_count bigint, first_wrong_count bigint,
    second_wrong_count bigint, both_wrong_count bigint);
create table facts.fct_amounts_weekly as from facts.fct_samples_weekly;
create table registry.planning_errors (decision_class varchar, planning_error decimal(9,6));
create table registry.borrowed_evidence (decision_class varchar, registered_at date,
    lender_class varchar, lender_cohort varchar, failure_count bigint, trial_count bigint,
    weight decimal(9,6), owner varchar, reason varchar);
create table registry.amount_limits (decision_class varchar, amount_limit decimal(18,4));
create table facts.fct_reviews_daily (review_pool varchar, event_date date,
    landing_batch varchar, review_count bigint, seeded_count bigint,
    seeded_detected_count bigint, timed_count bigint, handling_seconds decimal(38,3),
    handling_seconds_squared decimal(38,3));
create table facts.fct_reviews_hourly (review_pool varchar, event_hour timestamp,
    wait_minutes bigint, landing_batch varchar, arrival_count bigint, review_count bigint,
    timed_count bigint, handling_seconds decimal(38,3), handling_seconds_squared decimal(38,3));
create table facts.fct_reversals_daily (decision_class varchar, event_date date,
    landing_batch varchar, attempt_count bigint, succeeded_count bigint, drill_count bigint,
    drill_succeeded_count bigint);
create table facts.fct_actions_daily (workflow varchar, event_date date, landing_batch varchar,
    action_count bigint, audited_count bigint);
create table facts.fct_files_settled (source varchar, source_table varchar,
    file_sha256 varchar, landing_batch varchar, counted_count bigint, duplicate_count bigint,
    conflict_count bigint, superseded_count bigint);
create table facts.fct_sources_served (source varchar, stream varchar, workflow varchar,
    landing_batch varchar, decision_count bigint);
create table facts.fct_sequences (source varchar, numbered_count bigint,
    unnumbered_count bigint, number_count bigint, first_number bigint, last_number bigint,
    first_date date, newest_date date, is_only_witness boolean);
create table facts.fct_rails_daily (workflow varchar, component varchar, result varchar,
    event_date date, landing_batch varchar, observation_count bigint);
create table facts.fct_kpis (source varchar, metric varchar, workflow varchar,
    decision_class varchar, segment varchar, period_start date, grain varchar, unit varchar,
    currency varchar, value decimal(28,9), value_count bigint, landing_batch varchar);
create table facts.fct_unreadable (source varchar, stream varchar, reason_code varchar,
    landing_batch varchar, unit_batch varchar, unit_count bigint);
create table facts.fct_watermarks (workflow varchar, decision_class varchar,
    landing_batch varchar, label_watermark_date date);
create table intermediate.int_classes__outdated_facts (decision_class varchar, reason varchar);
create table intermediate.int_tables__streams (source varchar, source_table varchar,
    stream varchar);
create table intermediate.int_data_fit__class_profile (decision_class varchar,
    decision_count bigint, latency_ms_usual_count bigint, latency_ms_missing_count bigint,
    cost_zero_with_tokens_count bigint,
    latency_ms_min bigint, cost_amount_min decimal(18,9), input_tokens_min bigint,
    output_tokens_min bigint, amount_min decimal(18,4), confidence_min decimal(9,6),
    confidence_max decimal(9,6), route_invalid_count bigint);
"""
