"""Metrics of A/B tests, funnels and cohorts."""

from analytics.metrics.metric import Metric, Unit

OF_TESTS_AND_PEOPLE = (
    Metric(
        "wilson",
        "95% confidence interval",
        "The range in which the true rate probably lies. The fewer messages, the wider it is. Of 100 such intervals "
        "about 95 contain the true rate (Wilson's score interval).",
    ),
    Metric(
        "difference",
        "Difference from control",
        "How many points the variant's rate is above or below the control's, over all days of the test, with its 95% "
        "confidence interval (Newcombe's).",
    ),
    Metric(
        "p_adjusted",
        "P-value (adjusted)",
        "How often chance alone would show such a difference between variants that do not differ, adjusted for the "
        "number of variants (Holm). Below 0.05 the difference counts as shown.",
    ),
    Metric(
        "funnel_count",
        "People",
        "People who entered in the period and did this step, and all steps before it, by the rules of the funnel.",
    ),
    Metric("funnel_previous", "People in the previous step", "People who reached the step before this one."),
    Metric("funnel_first", "Entered", "People who did the first step in the period."),
    Metric("funnel_last", "Completed", "People who entered in the period and did all steps."),
    Metric("funnel_dropoff", "Dropped off", "People who reached the step before this one, but not this one."),
    Metric(
        "funnel_step_rate",
        "Step conversion",
        "Share of the people in the previous step who reached this one.",
        Unit.SHARE,
        "funnel_count",
        "funnel_previous",
    ),
    Metric(
        "funnel_overall_rate",
        "Overall conversion",
        "Share of the people who entered the funnel who completed it.",
        Unit.SHARE,
        "funnel_last",
        "funnel_first",
    ),
    Metric(
        "funnel_mature_first",
        "Entered, window over",
        "People who entered the funnel so long ago that its window is over: nothing they do from now on counts.",
    ),
    Metric("funnel_mature_last", "Completed, window over", "Those of them who completed the funnel."),
    Metric(
        "funnel_mature_rate",
        "Conversion, window over",
        "Share of the people whose window is over who completed the funnel. Those who entered lately may still do so, "
        "and are left out.",
        Unit.SHARE,
        "funnel_mature_last",
        "funnel_mature_first",
    ),
    Metric(
        "funnel_revenue",
        "Net revenue of the funnel",
        "What the people who completed the funnel brought in from then on, by events of its last step: until the "
        "period ends or, where the funnel has a window, until that is over. "
        "Amounts of other currencies are converted by the rate of their day; those without a rate are left out.",
        Unit.MONEY,
    ),
    Metric("active_contacts", "Active contacts", "Contacts of the cohort who came back in the day, week or month."),
    Metric("cohort_size", "Cohort size", "Contacts who signed up in the cohort's day, week or month."),
    Metric(
        "retention_rate",
        "Retention",
        "Share of the cohort's contacts who came back in the day, week or month. These count from each contact's "
        "signup day.",
        Unit.SHARE,
        "active_contacts",
        "cohort_size",
    ),
)
