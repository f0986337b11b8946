"""segment-analytics-python, in the words of tests/interop/scenario.py."""

import steps
from segment.analytics.client import Client

told = steps.told()
errors = []
client = Client(
    told["key"],
    host=told["host"],
    gzip=told["gzip"],
    on_error=lambda error, items: errors.append(str(error)),
    **({"timeout": told["timeout"]} if told["timeout"] else {}),
)
for step in told["steps"]:
    who = {"anonymous_id": step.get("device")}
    context = {"campaign": step["campaign"]} if "campaign" in step else None
    match step["do"]:
        case "track":
            client.track(step.get("user"), step["event"], step["properties"], context, **who)
        case "page":
            client.page(step.get("user"), None, step["name"], step["properties"], context, **who)
        case "screen":
            client.screen(step.get("user"), None, step["name"], step["properties"], context, **who)
        case "identify":
            client.identify(step["user"], step["traits"], **who)
        case "group":
            client.group(step["user"], step["group"], step["traits"])
        case "alias":
            client.alias(step["previous"], step["user"])
        case "flush":
            client.flush()
client.flush()
client.join()
steps.tell(errors)
