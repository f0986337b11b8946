"""Runs targets of make one after the other, also after a red one, and sums up: `python -m tests.every lint audit …`."""

import os
import subprocess
import sys
import time


def main() -> int:
    lines, is_red = [], False
    for target in sys.argv[1:]:
        start = time.monotonic()
        status = subprocess.run([os.environ.get("MAKE", "make"), "--no-print-directory", target]).returncode
        lines.append(f"{target:<20}{'passed' if status == 0 else 'FAILED'} in {time.monotonic() - start:,.0f} s")
        is_red = is_red or status != 0
    print("", *lines, "Something failed." if is_red else "All checks passed.", sep="\n")
    return 1 if is_red else 0


if __name__ == "__main__":
    sys.exit(main())
