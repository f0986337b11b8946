"""`python -m campaignos.handover PID`: have a running server hand over, and wait for how it ends.

Exits with 0 when every process of the successor answers, and with 1 where it did not come up: the former one goes on.
"""

import os
import signal
import socket
import sys

from campaignos.master import TAKEN_OVER, report_address

_PATIENCE_SECONDS = 75
"""Longer than a successor tries, and less than the 90 s after which systemd gives a reload up."""


def hand_over(master: int) -> str | None:
    """Why it was not done; None where it was."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(report_address(master))
        receiver.settimeout(_PATIENCE_SECONDS)
        os.kill(master, signal.SIGUSR2)
        try:
            outcome = receiver.recv(64)
        except TimeoutError:
            return f"The successor does not answer after {_PATIENCE_SECONDS} s; the former one serves beside it."
    return None if outcome == TAKEN_OVER else "The successor did not come up; its log says why. Nothing has changed."


if __name__ == "__main__":
    sys.exit(hand_over(int(sys.argv[1])))
