// HubSpot's own client for Node, unchanged, against the sandbox: its settings are the base path and how often it tries again.
"use strict";

const { AssociationTypes, Client } = require("@hubspot/api-client");
const { step, ask } = require("./steps.cjs");

const { SANDBOX, BACK, SCOPES, CLIENT_ID, CLIENT_SECRET } = process.env;
const UNIQUE = "ledger_key";

function connected(accessToken) {
  return new Client({ accessToken, basePath: SANDBOX });
}

function range(from, to) {
  return Array.from({ length: to - from }, (_, n) => String(from + n).padStart(3, "0"));
}

// The error of a call, as the client raises it.
async function refused(act) {
  try {
    await act();
  } catch (error) {
    return { status: error.code, body: error.body };
  }
  throw new Error("not refused");
}

function tokens(answer) {
  return { access: answer.accessToken, refresh: answer.refreshToken, type: answer.tokenType, seconds: answer.expiresIn };
}

async function oauth() {
  const api = connected().oauth;
  const consent = await step("consent", async () => {
    const back = new URL(await ask("consent", api.getAuthorizationUrl(CLIENT_ID, BACK, SCOPES, undefined, "spring & autumn")));
    return { code: back.searchParams.get("code"), state: back.searchParams.get("state") };
  });
  const exchange = () => api.tokensApi.create("authorization_code", consent.code, BACK, CLIENT_ID, CLIENT_SECRET);
  const first = await step("exchanged", async () => tokens(await exchange()));
  await step("code_again", () => refused(exchange));
  await step("described", async () => {
    const access = await api.accessTokensApi.get(first.access);
    const refresh = await api.refreshTokensApi.get(first.refresh);
    return { hubs: [access.hubId, refresh.hubId], scopes: access.scopes, seconds: access.expiresIn, client: refresh.clientId };
  });
  await step("expired", async () => {
    await ask("wait", "1801");
    return refused(() => connected(first.access).crm.contacts.basicApi.getPage());
  });
  return step("refreshed", async () =>
    tokens(await api.tokensApi.create("refresh_token", undefined, undefined, CLIENT_ID, CLIENT_SECRET, first.refresh)),
  );
}

async function properties(crm) {
  const { coreApi, groupsApi, batchApi } = crm.properties;
  await step("property_group", async () => {
    const made = await groupsApi.create("contacts", { name: "ledger", label: "Ledger" });
    const changed = await groupsApi.update("contacts", "ledger", { label: "The ledger" });
    await groupsApi.create("contacts", { name: "spare", label: "Spare" });
    await groupsApi.archive("contacts", "spare");
    const all = await groupsApi.getAll("contacts");
    return { labels: [made.label, changed.label], all: all.results.map((group) => group.name) };
  });
  const wanted = { name: UNIQUE, label: "Key", type: "string", fieldType: "text", groupName: "ledger", hasUniqueValue: true };
  await step("property_definition", async () => {
    const made = await coreApi.create("contacts", wanted);
    const changed = await coreApi.update("contacts", UNIQUE, { label: "Ledger key" });
    const names = (await coreApi.getAll("contacts")).results.map((one) => one.name);
    return { labels: [made.label, changed.label], read: await coreApi.getByName("contacts", UNIQUE), listed: names.includes(UNIQUE) };
  });
  await step("property_taken", () => refused(() => coreApi.create("contacts", wanted)));
  await step("property_batch", async () => {
    const options = ["North", "South"].map((label) => ({ label, value: label.toLowerCase(), hidden: false }));
    const inputs = [
      { name: "side", label: "Side", type: "enumeration", fieldType: "select", groupName: "ledger", options },
      { name: "area", label: "Area", type: "number", fieldType: "number", groupName: "ledger" },
    ];
    const names = inputs.map(({ name }) => ({ name }));
    const made = await batchApi.create("contacts", { inputs });
    const read = await batchApi.read("contacts", { archived: false, inputs: names });
    await batchApi.archive("contacts", { inputs: names.slice(1) });
    return { made: made.results.map((one) => one.name), types: Object.fromEntries(read.results.map((one) => [one.name, one.type])) };
  });
}

async function records(crm) {
  const { basicApi } = crm.contacts;
  const firm = { properties: { name: "Fern & Sons", domain: "fern.example" }, associations: [] };
  const company = await step("company", () => crm.companies.basicApi.create(firm));
  const types = [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: AssociationTypes.contactToCompany }];
  const created = await step("created", () =>
    basicApi.create({
      properties: { email: "ada@fern.example", firstname: "Ada", lastname: "Löfgren" },
      associations: [{ to: { id: company.id }, types }],
    }),
  );
  await step("duplicate", () => refused(() => basicApi.create({ properties: { email: "ada@fern.example" }, associations: [] })));
  await step("updated", () => basicApi.update("ada@fern.example", { properties: { phone: "+1 303 555 0100", [UNIQUE]: "A-1" } }, "email"));
  await step("read", () => basicApi.getById("ADA@fern.example", ["phone", "lastname"], ["phone"], ["companies"], false, "email"));
  await step("invalid", () => refused(() => basicApi.update(created.id, { properties: { side: "up", no_such: "1" } })));
  await step("unknown", () => refused(() => basicApi.getById("1")));
  await step("forbidden", () => refused(() => crm.deals.basicApi.create({ properties: { dealname: "x" }, associations: [] })));
  await step("wrong_token", () => refused(() => connected("nobody").crm.contacts.basicApi.getPage()));
  return { company, created };
}

async function batches(crm) {
  const { basicApi, batchApi } = crm.contacts;
  const crowd = await step("batch_created", async () => {
    const people = range(0, 100).map((n) => ({ email: `p${n}@crowd.example`, lastname: `Crowd ${n}`, [UNIQUE]: `C-${n}` }));
    const made = await batchApi.create({ inputs: people.map((properties) => ({ properties, associations: [] })) });
    return made.results.sort((a, b) => a.properties.email.localeCompare(b.properties.email)).map((one) => one.id);
  });
  await step("batch_mixed", () =>
    batchApi.create({
      inputs: [
        { properties: { email: "mixed@crowd.example" }, associations: [], objectWriteTraceId: "one" },
        { properties: { email: "ada@fern.example" }, associations: [], objectWriteTraceId: "two" },
      ],
    }),
  );
  await step("batch_read", () => {
    const inputs = ["C-007", "C-008", "C-999"].map((id) => ({ id }));
    return batchApi.read({ idProperty: UNIQUE, inputs, properties: ["lastname"], propertiesWithHistory: [] });
  });
  await step("batch_updated", () => batchApi.update({ inputs: crowd.slice(0, 2).map((id) => ({ id, properties: { city: "Golden" } })) }));
  await step("batch_upserted", async () => {
    const inputs = ["C-002", "C-200"].map((id) => ({ idProperty: UNIQUE, id, properties: { lastname: "Upserted" } }));
    const { results } = await batchApi.upsert({ inputs });
    return Object.fromEntries(results.map((one) => [one.properties[UNIQUE], one._new]));
  });
  await step("batch_archived", async () => {
    await batchApi.archive({ inputs: crowd.slice(90).map((id) => ({ id })) });
    const { results } = await basicApi.getPage(100, undefined, undefined, undefined, undefined, true);
    return results.map((one) => one.id);
  });
  await step("paged", async () => {
    await batchApi.create({ inputs: range(0, 20).map((n) => ({ properties: { email: `late${n}@crowd.example` }, associations: [] })) });
    return (await crm.contacts.getAll(100, undefined, ["email"])).map((one) => one.id);
  });
  await step("searched", async () => {
    const wanted = {
      filterGroups: [
        { filters: [{ propertyName: "city", operator: "EQ", value: "Golden" }] },
        { filters: [{ propertyName: UNIQUE, operator: "IN", values: ["c-005", "c-006"] }] },
      ],
      sorts: [`-${UNIQUE}`],
      properties: [UNIQUE],
      limit: 3,
      after: 0,
    };
    const first = await crm.contacts.searchApi.doSearch(wanted);
    const second = await crm.contacts.searchApi.doSearch({ ...wanted, after: first.paging.next.after });
    return { total: first.total, keys: [...first.results, ...second.results].map((one) => one.properties[UNIQUE]) };
  });
  return crowd;
}

async function associations(crm, company, [one, two, three]) {
  const { basicApi, batchApi, schema } = crm.associations.v4;
  const primary = [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: AssociationTypes.primaryContactToCompany }];
  await step("associated", async () => {
    const byDefault = await basicApi.createDefault("contacts", one, "companies", company.id);
    const labelled = await basicApi.create("contacts", two, "companies", company.id, primary);
    const made = await batchApi.create("contacts", "companies", { inputs: [{ _from: { id: three }, to: { id: company.id }, types: primary }] });
    const read = await batchApi.getPage("contacts", "companies", { inputs: [one, two, three].map((id) => ({ id })) });
    const page = await basicApi.getPage("companies", company.id, "contacts", undefined, 2);
    const rest = await basicApi.getPage("companies", company.id, "contacts", page.paging.next.after, 2);
    return {
      ids: [one, two, three],
      default: byDefault.results[0].associationSpec.associationTypeId,
      labels: [labelled.labels, made.results[0].labels],
      types: Object.fromEntries(read.results.map((row) => [row._from.id, row.to.flatMap((to) => to.associationTypes.map((kind) => kind.typeId))])),
      pages: [page, rest].map((part) => part.results.map((row) => String(row.toObjectId))),
    };
  });
  await step("dissociated", async () => {
    await basicApi.archive("contacts", one, "companies", company.id);
    await batchApi.archive("contacts", "companies", { inputs: [{ _from: { id: two }, to: [{ id: company.id }] }] });
    return (await basicApi.getPage("companies", company.id, "contacts")).results.map((row) => String(row.toObjectId));
  });
  await step("labels", async () => {
    const { results } = await schema.definitionsApi.getAll("contacts", "companies");
    return Object.fromEntries(results.map((row) => [row.typeId, row.label ?? null]));
  });
}

async function sales(client, created) {
  const { crm } = client;
  await step("sold", async () => {
    const product = await crm.products.basicApi.create({ properties: { name: "Mulch", price: "38.5", hs_sku: "M-1" }, associations: [] });
    const invoice = await crm.commerce.invoices.basicApi.create({ properties: { hs_currency: "USD", hs_title: "Spring" }, associations: [] });
    const types = [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: 410 }];
    const line = await crm.lineItems.basicApi.create({
      properties: { hs_product_id: product.id, quantity: "2" },
      associations: [{ to: { id: invoice.id }, types }],
    });
    const shown = await crm.commerce.invoices.basicApi.getById(invoice.id, ["hs_amount_billed"], undefined, ["line_items"]);
    return { product, line, invoice: shown };
  });
  await step("pipelines", async () => (await crm.pipelines.pipelinesApi.getAll("deals")).results[0].stages.map((stage) => stage.id));
  // What the client has no method for, by its plain requests.
  await step("newest", async () => {
    const account = await client.apiRequest({ path: "/account-info/2026-09/details" });
    const path = `/crm/objects/2026-09/contacts/${created.id}`;
    const contact = await client.apiRequest({ method: "PATCH", path, body: { properties: { city: "Boulder" } } });
    return { account: (await account.json()).portalId, contact: await contact.json() };
  });
}

async function ends(crm, crowd, { access, refresh }) {
  const { basicApi } = crm.contacts;
  await step("archived", async () => {
    await basicApi.archive(crowd[20]);
    return refused(() => basicApi.getById(crowd[20]));
  });
  await step("merged", async () => {
    const third = await basicApi.merge({ primaryObjectId: crowd[30], objectIdToMerge: crowd[31] });
    return [third.id, (await basicApi.getById(crowd[31])).id];
  });
  await step("forgotten", () => basicApi.purge({ objectId: "p040@crowd.example", idProperty: "email" }));
  await step("throttled", async () => {
    await ask("switch", "limit=1");
    await basicApi.getPage();
    const error = await refused(() => basicApi.getPage());
    await ask("switch", "limit=null");
    return error;
  });
  await step("searched_again", async () => {
    await ask("switch", "search_limit=1");
    const { searchApi } = new Client({ accessToken: access, basePath: SANDBOX, numberOfApiCallRetries: 2 }).crm.contacts;
    const found = await Promise.all([searchApi.doSearch({ limit: 1 }), searchApi.doSearch({ limit: 1 })]);
    await ask("switch", "search_limit=null");
    return found.map((page) => page.total);
  });
  await step("revoked", async () => {
    const api = connected().oauth;
    await api.refreshTokensApi.archive(refresh);
    return {
      call: await refused(() => basicApi.getPage()),
      refresh: await refused(() => api.tokensApi.create("refresh_token", undefined, undefined, CLIENT_ID, CLIENT_SECRET, refresh)),
      describe: await refused(() => api.refreshTokensApi.get(refresh)),
    };
  });
}

async function main() {
  const held = await oauth();
  const client = connected(held.access);
  await properties(client.crm);
  const { company, created } = await records(client.crm);
  const crowd = await batches(client.crm);
  await associations(client.crm, company, crowd.slice(10, 13));
  await sales(client, created);
  await ends(client.crm, crowd, held);
}

main().then(() => process.exit(0));
