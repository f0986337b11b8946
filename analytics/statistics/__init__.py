"""What may well be chance: intervals and tests of shares and means, at a fixed end or at any look. Pure."""

from analytics.statistics.adjustment import AdjustedValues, CutValues, regression_adjustment, without_outliers
from analytics.statistics.group_sequential import bounds, repeated_p_value
from analytics.statistics.largest import FEW, count_stands_out, leads, share_stands_out
from analytics.statistics.ratios import ratio_p_value, running_ratio_p_value
from analytics.statistics.samples import (
    MeanDifference,
    Sample,
    ShareSample,
    mean_difference,
    needed_people,
    relative_difference,
)
from analytics.statistics.sequential import EXPECTED_PEOPLE, any_look_p_values, any_look_widths, tuning
from analytics.statistics.several import holm_adjusted
from analytics.statistics.shares import (
    Z_95,
    Z_POWER,
    difference_interval,
    needed_trials,
    p_value,
    share_difference,
    wilson_interval,
)

__all__ = [
    "EXPECTED_PEOPLE",
    "FEW",
    "Z_95",
    "Z_POWER",
    "AdjustedValues",
    "CutValues",
    "MeanDifference",
    "Sample",
    "ShareSample",
    "any_look_p_values",
    "any_look_widths",
    "bounds",
    "count_stands_out",
    "difference_interval",
    "holm_adjusted",
    "leads",
    "mean_difference",
    "needed_people",
    "needed_trials",
    "p_value",
    "ratio_p_value",
    "regression_adjustment",
    "relative_difference",
    "repeated_p_value",
    "running_ratio_p_value",
    "share_difference",
    "share_stands_out",
    "tuning",
    "wilson_interval",
    "without_outliers",
]
