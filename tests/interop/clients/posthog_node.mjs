// posthog-node, in the words of tests/interop/scenario.py. What it lacks is said in posthog_python.py.
import { PostHog } from "posthog-node";
import { tell, told } from "./steps.mjs";

const { key, host, gzip, timeout, steps } = told();
const errors = [];
const client = new PostHog(key, {
  host,
  disableCompression: !gzip,
  ...(timeout ? { requestTimeout: timeout * 1000, fetchRetryDelay: 300 } : {}),
});
client.on("error", (error) => errors.push(String(error)));

function stated({ user, properties, campaign = {} }) {
  const named = Object.entries(campaign).map(([name, value]) => [`utm_${name === "name" ? "campaign" : name}`, value]);
  return { ...properties, ...Object.fromEntries(named), ...(user ? {} : { $process_person_profile: false }) };
}

for (const step of steps) {
  const { do: kind, user, device, traits, group, previous } = step;
  const event = step.event ?? { page: "$pageview", screen: "$screen" }[kind];
  if (kind === "flush") await client.flush();
  else if (event) client.capture({ distinctId: user ?? device, event, properties: stated(step) });
  else if (kind === "identify")
    client.identify({ distinctId: user, properties: { $set: traits, ...(device ? { $anon_distinct_id: device } : {}) } });
  else if (kind === "group") client.groupIdentify({ groupType: "company", groupKey: group, properties: traits });
  else if (kind === "alias") client.alias({ distinctId: previous, alias: user });
}
await client.shutdown();
tell(errors);
