// @rudderstack/rudder-sdk-node, in the words of tests/interop/scenario.py. It sends its first event alone.
// Its timeout is not set, for it spans all tries of a batch: by itself it waits for an answer as long as it takes.
import Analytics from "@rudderstack/rudder-sdk-node";
import { tell, told } from "./steps.mjs";

const { key, host, gzip, steps } = told();
const errors = [];
const client = new Analytics(key, {
  dataPlaneUrl: host,
  gzip,
  logLevel: "none",
  errorHandler: (error) => errors.push(String(error)),
});
const flushed = () => new Promise((done) => client.flush(() => done()));

for (const step of steps) {
  const { do: kind, user, device, event, name, properties, traits, group, previous, campaign } = step;
  const who = { userId: user, anonymousId: device, ...(campaign ? { context: { campaign } } : {}) };
  if (kind === "flush") await flushed();
  else if (kind === "track") client.track({ ...who, event, properties });
  else if (kind === "page" || kind === "screen") client[kind]({ ...who, name, properties });
  else if (kind === "identify") client.identify({ ...who, traits });
  else if (kind === "group") client.group({ ...who, groupId: group, traits });
  else if (kind === "alias") client.alias({ userId: user, previousId: previous });
}
while (client.queue.length > 0) await flushed();
await flushed();
tell(errors);
process.exit(0);
