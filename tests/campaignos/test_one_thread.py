"""Arithmetic takes the thread of its request alone, unless who runs the program says otherwise."""

import os
import subprocess
import sys

import pytest

TELL = "import campaignos, os, sys; print('numpy' in sys.modules, os.environ['OPENBLAS_NUM_THREADS'])"


@pytest.mark.parametrize(("said", "threads"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_threads_of_arithmetic_are_said_before_numpy_is_loaded(said, threads):
    others = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    told = subprocess.run([sys.executable, "-c", TELL], env=others | said, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", threads]
