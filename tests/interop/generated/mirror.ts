// Keeps a copy of a workspace as docs/sync.md says, by the client that openapi-generator makes of the schema.
// For each line that comes in it asks for what changed, and writes a line with all rows of the copy.
import {
  CampaignsApi, Configuration, ContactsApi, EnrollmentsApi, EventsApi, ListCampaignsOrderingEnum,
  ListContactsOrderingEnum, ListEnrollmentsOrderingEnum, ListEventsOrderingEnum, ListMessageEventsOrderingEnum,
  ListMessagesOrderingEnum, ListPeopleOrderingEnum, ListRemovalsOrderingEnum, MessageEventsApi, MessagesApi, PeopleApi,
  RemovalsApi,
} from "./client";
import type { RemovalRecord } from "./client";

declare const process: { argv: string[]; stdin: unknown };
declare function require(name: "readline"): { createInterface(of: { input: unknown }): AsyncIterable<string> };

interface Row { id: string; changedAt?: Date; occurredAt?: Date; createdAt?: Date; at?: Date; messageId?: string | null }
interface Asked { workspaceId: string; pageSize: number; changedAfter?: string; cursor?: string }
type Fetch = (asked: Asked) => Promise<{ results: Row[]; next: string | null }>;

const [basePath, accessToken, workspaceId] = process.argv.slice(2);
const configuration = new Configuration({ basePath, accessToken });
const contacts = new ContactsApi(configuration);
const campaigns = new CampaignsApi(configuration);
const enrollments = new EnrollmentsApi(configuration);
const reports = new MessageEventsApi(configuration);
const messages = new MessagesApi(configuration);
const events = new EventsApi(configuration);
const people = new PeopleApi(configuration);
const removals = new RemovalsApi(configuration);

const LISTS: Record<string, Fetch> = {
  contacts: (asked) => contacts.listContacts({ ...asked, ordering: ListContactsOrderingEnum.ChangedAt }),
  campaigns: (asked) => campaigns.listCampaigns({ ...asked, ordering: ListCampaignsOrderingEnum.ChangedAt }),
  enrollments: (asked) => enrollments.listEnrollments({ ...asked, ordering: ListEnrollmentsOrderingEnum.ChangedAt }),
  "message-events": (asked) => reports.listMessageEvents({ ...asked, ordering: ListMessageEventsOrderingEnum.ChangedAt }),
  messages: (asked) => messages.listMessages({ ...asked, ordering: ListMessagesOrderingEnum.ChangedAt }),
  events: (asked) => events.listEvents({ ...asked, ordering: ListEventsOrderingEnum.ChangedAt }),
  people: (asked) => people.listPeople({ ...asked, ordering: ListPeopleOrderingEnum.ChangedAt }),
  removals: (asked) => removals.listRemovals({ ...asked, ordering: ListRemovalsOrderingEnum.ChangedAt }),
};
const copy: Record<string, Map<string, Row>> = {};
const known: Record<string, Date> = {};

async function follow(resource: string): Promise<void> {
  const changedAfter = known[resource]?.toISOString(); // of milliseconds: rows of the last one come again
  let cursor: string | undefined;
  do {
    const page = await LISTS[resource]({ workspaceId, pageSize: 3, changedAfter, cursor });
    for (const row of page.results) {
      known[resource] = row.changedAt!;
      if (resource === "removals") remove(row as RemovalRecord);
      else copy[resource].set(row.id, row);
    }
    cursor = page.next === null ? undefined : new URL(page.next).searchParams.get("cursor")!;
  } while (cursor !== undefined);
}

function remove(removal: RemovalRecord): void {
  for (const [id, row] of copy[removal.resource]) {
    const isMeant = id === removal.removed || isExpired(removal, row);
    if (isMeant && row.changedAt! <= removal.changedAt) copy[removal.resource].delete(id);
  }
}

function isExpired(removal: RemovalRecord, row: Row): boolean {
  if (removal.before === null) return false;
  if (removal.resource === "message-events" && row.messageId != null) return false;
  return (row.occurredAt ?? row.createdAt ?? row.at)! < removal.before;
}

async function main(): Promise<void> {
  for (const name of Object.keys(LISTS)) copy[name] = new Map();
  for await (const _ of require("readline").createInterface({ input: process.stdin })) {
    for (const name of Object.keys(LISTS)) await follow(name);
    console.log(JSON.stringify(Object.fromEntries(Object.entries(copy).map(([name, rows]) => [name, [...rows.values()]]))));
  }
}

void main();
