"""Paths of letters, a day between each two, the last a day before the conversion."""

import numpy as np

from analytics.reports.credit.paths import Paths

MINUTE, DAY = 60_000_000, 86_400_000_000


def paths_of(texts):
    """And the label of each touch: the place of its letter in the alphabet."""
    lengths = np.array([len(text) for text in texts], np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    ages = [DAY * n for text in texts for n in range(len(text), 0, -1)]
    labels = np.array([ord(letter) - ord("a") for text in texts for letter in text], np.int32)
    return Paths(np.arange(len(texts)), starts, np.arange(len(labels)), np.array(ages, np.int64)), labels
