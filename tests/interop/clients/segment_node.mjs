// @segment/analytics-node, in the words of tests/interop/scenario.py. It cannot compress.
import { Analytics } from "@segment/analytics-node";
import { tell, told } from "./steps.mjs";

const { key, host, timeout, steps } = told();
const errors = [];
const client = new Analytics({ writeKey: key, host, ...(timeout ? { httpRequestTimeout: timeout * 1000 } : {}) });
client.on("error", (error) => errors.push(`${error.code}: ${error.reason}`));

for (const step of steps) {
  const { do: kind, user, device, event, name, properties, traits, group, previous, campaign } = step;
  const who = { userId: user, anonymousId: device, ...(campaign ? { context: { campaign } } : {}) };
  if (kind === "flush") await client.flush();
  else if (kind === "track") client.track({ ...who, event, properties });
  else if (kind === "page" || kind === "screen") client[kind]({ ...who, name, properties });
  else if (kind === "identify") client.identify({ ...who, traits });
  else if (kind === "group") client.group({ ...who, groupId: group, traits });
  else if (kind === "alias") client.alias({ userId: user, previousId: previous });
}
await client.closeAndFlush();
tell(errors);
