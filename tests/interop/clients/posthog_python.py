"""posthog for Python, in the words of tests/interop/scenario.py.

It has no page and no screen of its own, a campaign is in the properties, and a device is a distinct id without a
person's profile, which an alias ties to the user.
"""

import steps
from posthog import Posthog

told = steps.told()
errors = []
client = Posthog(
    told["key"],
    host=told["host"],
    gzip=told["gzip"],
    on_error=lambda error, items: errors.append(str(error)),
    flush_interval=0.5,
    **({"timeout": told["timeout"]} if told["timeout"] else {}),
)


def properties(step):
    campaign = step.get("campaign", {})
    named = {f"utm_{'campaign' if key == 'name' else key}": value for key, value in campaign.items()}
    nobody = {} if "user" in step else {"$process_person_profile": False}
    return {**step["properties"], **named, **nobody}


for step in told["steps"]:
    match step["do"]:
        case "track" | "page" | "screen":
            event = step.get("event") or {"page": "$pageview", "screen": "$screen"}[step["do"]]
            client.capture(event, distinct_id=step.get("user") or step["device"], properties=properties(step))
        case "identify":
            if "device" in step:
                client.alias(previous_id=step["device"], distinct_id=step["user"])
            client.set(distinct_id=step["user"], properties=step["traits"])
        case "group":
            client.group_identify("company", step["group"], step["traits"])
        case "alias":
            client.alias(previous_id=step["previous"], distinct_id=step["user"])
        case "flush":
            client.flush()
client.flush()
client.shutdown()
steps.tell(errors)
