"""Runs targets of make, two at a time, also after a red one, and sums up: `python -m tests.every lint suite-sqlite …`.

What a target prints comes when it has ended, so that the lines of two do not mix.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

AT_A_TIME = 2
"""Each waits at times for its last process, for a disk or a browser; the other one uses that."""


@dataclass(frozen=True)
class Result:
    target: str
    passed: bool
    seconds: float

    def __str__(self) -> str:
        return f"{self.target:<20}{'passed' if self.passed else 'FAILED'} in {self.seconds:,.0f} s"


def run(target: str) -> Result:
    print(f"{target} …", flush=True)
    start = time.monotonic()
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", target]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    sys.stdout.buffer.write(ended.stdout)
    sys.stdout.flush()
    result = Result(target, ended.returncode == 0, time.monotonic() - start)
    print(result, flush=True)
    return result


def main() -> int:
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        results = list(pool.map(run, sys.argv[1:]))
    passed = all(result.passed for result in results)
    print("", *results, "All checks passed." if passed else "Something failed.", sep="\n")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
