"""What may well be chance: intervals and tests of shares and means, at a fixed end or at any look;
what changes are made of. Pure."""

from analytics.statistics.adjustment import AdjustedValues, CutValues, regression_adjustment, without_outliers
from analytics.statistics.clusters import WithinSlope, share_by_person_interval, within_slope
from analytics.statistics.counts import count_p_value, paired_p_value, shares_p_value, sums_p_value
from analytics.statistics.decomposition import MixAndRate, SharePair, factor_pieces, mix_and_rate
from analytics.statistics.group_sequential import bounds, repeated_p_value
from analytics.statistics.largest import FEW, count_stands_out, leads, share_stands_out
from analytics.statistics.quintiles import SCORES, quintile_scores
from analytics.statistics.ratios import ratio_p_value, running_ratio_p_value
from analytics.statistics.resampling import number_of_seldom, resamples
from analytics.statistics.samples import (
    MeanDifference,
    Sample,
    ShareSample,
    mean_difference,
    needed_people,
    relative_difference,
)
from analytics.statistics.sequential import EXPECTED_PEOPLE, any_look_p_values, any_look_widths, tuning
from analytics.statistics.several import are_beyond_chance, benjamini_hochberg_adjusted, holm_adjusted
from analytics.statistics.shares import (
    Z_95,
    Z_POWER,
    difference_interval,
    needed_trials,
    p_value,
    share_difference,
    wilson_interval,
)
from analytics.statistics.spreads import RatioOfSums, Spread, ratios_p_value

__all__ = [
    "EXPECTED_PEOPLE",
    "FEW",
    "SCORES",
    "Z_95",
    "Z_POWER",
    "AdjustedValues",
    "CutValues",
    "MeanDifference",
    "MixAndRate",
    "RatioOfSums",
    "Sample",
    "SharePair",
    "ShareSample",
    "Spread",
    "WithinSlope",
    "any_look_p_values",
    "any_look_widths",
    "are_beyond_chance",
    "benjamini_hochberg_adjusted",
    "bounds",
    "count_p_value",
    "count_stands_out",
    "difference_interval",
    "factor_pieces",
    "holm_adjusted",
    "leads",
    "mean_difference",
    "mix_and_rate",
    "needed_people",
    "needed_trials",
    "number_of_seldom",
    "p_value",
    "paired_p_value",
    "quintile_scores",
    "ratio_p_value",
    "ratios_p_value",
    "regression_adjustment",
    "relative_difference",
    "repeated_p_value",
    "resamples",
    "running_ratio_p_value",
    "share_by_person_interval",
    "share_difference",
    "share_stands_out",
    "shares_p_value",
    "sums_p_value",
    "tuning",
    "wilson_interval",
    "within_slope",
    "without_outliers",
]
