"""What the Python clients are told on standard input, and how they tell their errors."""

import json
import sys


def told():
    return json.load(sys.stdin)


def tell(errors):
    print(json.dumps(errors))
