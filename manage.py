#!/usr/bin/env python
"""Django's command line for CampaignOS Analytics."""

import os
import sys

from campaignos.frames import with_room


@with_room
def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaignos.settings")
    from campaignos.command_line import run

    run(sys.argv)


if __name__ == "__main__":
    main()
