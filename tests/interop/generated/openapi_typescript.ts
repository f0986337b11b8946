// Uses the types that openapi-typescript makes of the schema.
import type { components, operations } from "./api";

type Answer<Name extends keyof operations> = operations[Name] extends {
  responses: { 200: { content: infer Content } };
}
  ? Content
  : never;

export function names(page: Answer<"listContacts">["application/json"]): string[] {
  const same: components["schemas"]["ContactPage"] = page;
  const next: string | null = same.next;
  return next === null ? page.results.map((contact) => contact.externalId) : [];
}

export function lines(table: Answer<"exportContacts">["text/csv"]): number {
  return table.split("\n").length;
}

// @ts-expect-error: a list is JSON, and CSV has an operation of its own
export type NoTable = Answer<"listContacts">["text/csv"];

export const query: operations["getTimeSeries"]["parameters"]["query"] = { days: 7 };
export const batch: components["schemas"]["ContactBatch"] = { items: [{ externalId: "ada" }] };
// @ts-expect-error: there is no such field
export const change: components["schemas"]["CampaignChange"] = { colour: "red" };
