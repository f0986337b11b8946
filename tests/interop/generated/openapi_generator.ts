// Uses the client that openapi-generator makes of the schema.
import { Configuration, ContactsApi, ReportsApi, WorkspacesApi } from "./client";
import type { ContactPage, Timeseries } from "./client";

export async function tried(basePath: string, accessToken: string): Promise<string[]> {
  const configuration = new Configuration({ basePath, accessToken });
  const workspaces = await new WorkspacesApi(configuration).listWorkspaces();
  const workspaceId: string = workspaces.results[0].id;
  const contacts = new ContactsApi(configuration);
  const page: ContactPage = await contacts.listContacts({ workspaceId, pageSize: 2 });
  const table: string = await contacts.exportContacts({ workspaceId });
  const report: Timeseries = await new ReportsApi(configuration).getTimeSeries({ workspaceId, days: 7 });
  const days: Date[] = report.series.map((day) => day.date);
  return [...page.results.map((contact) => contact.externalId), table, String(days.length)];
}
