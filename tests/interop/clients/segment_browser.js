// Run in the page by segment_browser.py.
async ({ key, host, gzip, steps }) => {
  const errors = [];
  const strategy = gzip ? { strategy: "batching", config: { size: 100, timeout: 300 } } : { strategy: "standard" };
  const [protocol, address] = host.split("://");
  const settings = { apiKey: key, apiHost: `${address}/v1`, protocol, deliveryStrategy: strategy };
  const [analytics] = await AnalyticsNext.AnalyticsBrowser.load(
    { writeKey: key, cdnSettings: { integrations: { "Segment.io": settings } } },
    { integrations: { "Segment.io": settings } },
  );
  analytics.on("error", (error) => errors.push(String(error)));
  let sent = [];
  for (const { do: kind, user, device, event, name, properties, traits, group, previous, campaign } of steps) {
    const options = campaign ? { context: { campaign } } : {};
    if (kind === "flush") {
      await Promise.all(sent);
      sent = [];
      continue;
    }
    analytics.user().id(user ?? null);
    analytics.setAnonymousId(device ?? `browser-of-${user}`);
    if (kind === "track") sent.push(analytics.track(event, properties, options));
    else if (kind === "page" || kind === "screen") sent.push(analytics[kind](undefined, name, properties, options));
    else if (kind === "identify") sent.push(analytics.identify(user, traits));
    else if (kind === "group") sent.push(analytics.group(group, traits));
    else if (kind === "alias") sent.push(analytics.alias(user, previous));
  }
  await Promise.all(sent);
  return errors;
};
