// node-quickbooks, unchanged, against the sandbox: its addresses are static members of its class.
"use strict";

const QuickBooks = require("node-quickbooks");
const { step, ask } = require("./steps.cjs");

const { SANDBOX, CLIENT_ID, CLIENT_SECRET } = process.env;
QuickBooks.V3_ENDPOINT_BASE_URL = `${SANDBOX}/v3/company/`;
QuickBooks.TOKEN_URL = `${SANDBOX}/oauth2/v1/tokens/bearer`;
QuickBooks.REVOKE_URL = `${SANDBOX}/v2/oauth2/tokens/revoke`;
QuickBooks.USER_INFO_URL = `${SANDBOX}/v1/openid_connect/userinfo`;

const NAME = "King's Groceries & Söner";

function client(realm, access, refresh) {
  return new QuickBooks(CLIENT_ID, CLIENT_SECRET, access, false, realm, false, false, null, "2.0", refresh);
}

function call(qb, method, ...args) {
  return new Promise((resolve, reject) => {
    qb[method](...args, (error, data) => (error ? reject(error) : resolve(data)));
  });
}

// The error of a call, as the client passes it on: a status with its body, or a fault that came with 200.
async function refused(act) {
  try {
    await act();
  } catch (error) {
    const body = error.Fault ? error : error.response.data;
    const fault = body.Fault?.Error[0] ?? body.fault?.error[0];
    return { kind: error.response?.status ?? 200, code: fault ? fault.code : body.error, words: JSON.stringify(fault) };
  }
  throw new Error("not refused");
}

async function connection(given) {
  const qb = client(given.realm, given.access_token, given.refresh_token);
  await step("connected", () => ({ realm: qb.realmId, access: qb.token, refresh: qb.refreshToken }));
  await step("expired", async () => {
    await ask("wait", "3601");
    return refused(() => call(qb, "getCompanyInfo", given.realm));
  });
  await step("refreshed", async () => {
    await call(qb, "refreshAccessToken");
    return { access: qb.token, refresh: qb.refreshToken };
  });
  await step("person", () => call(qb, "getUserInfo"));
  await step("company", async () => {
    const info = await call(qb, "getCompanyInfo", given.realm);
    const preferences = await call(qb, "getPreferences");
    return { name: info.CompanyName, country: info.Country, currency: preferences.CurrencyPrefs.HomeCurrency.value };
  });
  return qb;
}

async function people(qb) {
  // The client writes the names of entities in lower case, which the documents do not allow.
  await step("case_matters", () => refused(() => call(qb, "findCustomers", { DisplayName: NAME })));
  await ask("switch", "entities_ignore_case=true");
  const find = async (criteria) => (await call(qb, "findCustomers", criteria)).QueryResponse.Customer;
  const customer = await step("customer", () =>
    call(qb, "createCustomer", {
      DisplayName: NAME,
      PrimaryEmailAddr: { Address: "king@groceries.example" },
      BillAddr: { Line1: "1 Main Street", City: "Golden" },
    }),
  );
  await step("found", async () => {
    const byName = await find({ DisplayName: NAME, Active: true });
    const chosen = await find({ Id: [customer.Id, "999"] });
    const like = await find([{ field: "DisplayName", value: "King%", operator: "LIKE" }, { desc: "DisplayName" }]);
    return { read: await call(qb, "getCustomer", customer.Id), ids: [byName, chosen, like].map((rows) => rows.map((row) => row.Id)) };
  });
  await step("updated", () => call(qb, "updateCustomer", { Id: customer.Id, SyncToken: customer.SyncToken, CompanyName: "King Holding" }));
  await step("stale", () => refused(() => call(qb, "updateCustomer", { Id: customer.Id, SyncToken: "0", Notes: "late" })));
  await step("duplicate", () => refused(() => call(qb, "createCustomer", { DisplayName: NAME.toLowerCase() })));
  await step("too_long", () => refused(() => call(qb, "createCustomer", { DisplayName: "Long", CompanyName: "x".repeat(101) })));
  await step("unknown", () => refused(() => call(qb, "getCustomer", "999")));
  await step("wrong_query", () => refused(() => find({ Notes: "x" })));
  await step("foreign", () => refused(() => call(client("1", qb.token, qb.refreshToken), "getCustomer", "1")));
  await step("fault_with_ok", async () => {
    await ask("switch", "faults_with_ok=true");
    const error = await refused(() => call(qb, "getCustomer", "999"));
    await ask("switch", "faults_with_ok=false");
    return error;
  });
  await step("replayed", async () => {
    const create = async () => (await call(qb, "createCustomer", { DisplayName: "Only Once", requestId: "request-1" })).Id;
    return [await create(), await create()];
  });
  return customer;
}

async function crowds(qb) {
  const run = async (operation, rows) => {
    const found = [];
    for (let from = 0; from < rows.length; from += 30) {
      const members = rows.slice(from, from + 30).map((Customer, n) => ({ bId: String(from + n), operation, Customer }));
      found.push(...(await call(qb, "batch", members)).BatchItemResponse);
    }
    return found;
  };
  await step("batch_created", async () => {
    const names = [...Array.from({ length: 35 }, (_, n) => `Crowd ${String(n).padStart(2, "0")}`), "Only Once"];
    const answers = await run("create", names.map((DisplayName) => ({ DisplayName })));
    const failed = answers.find((answer) => answer.Fault);
    const made = answers.filter((answer) => answer.Customer).map((answer) => answer.Customer.DisplayName);
    return { names: made, fault: [names[Number(failed.bId)], failed.Fault.Error[0].code] };
  });
  await step("batch_updated", async () => {
    const few = await call(qb, "findCustomers", [{ field: "DisplayName", value: "Crowd 0%", operator: "LIKE" }]);
    const changes = few.QueryResponse.Customer.map(({ Id, SyncToken }) => ({ Id, SyncToken, sparse: true, Active: false }));
    return (await run("update", changes)).map((answer) => answer.Customer.DisplayName);
  });
  await step("paged", async () => {
    const all = await call(qb, "findCustomers", { fetchAll: true, limit: 10, asc: "DisplayName" });
    const count = await call(qb, "findCustomers", { count: true });
    return { names: all.QueryResponse.Customer.map((row) => row.DisplayName), count: count.QueryResponse.totalCount };
  });
}

async function sales(qb, customer) {
  const item = await step("item", async () => {
    const accounts = await call(qb, "findAccounts", { AccountSubType: "SalesOfProductIncome" });
    const income = { value: accounts.QueryResponse.Account[0].Id };
    return call(qb, "createItem", { Name: "Mulch", Type: "NonInventory", Sku: "M-1", UnitPrice: 38.5, IncomeAccountRef: income });
  });
  await step("skus", async () => (await call(qb, "findItems", { Type: "NonInventory" })).QueryResponse.Item.map((row) => row.Sku));
  const bill = (amount) =>
    call(qb, "createInvoice", {
      CustomerRef: { value: customer.Id },
      Line: [{ DetailType: "SalesItemLineDetail", Amount: amount, SalesItemLineDetail: { ItemRef: { value: item.Id } } }],
    });
  const invoice = await step("invoice", () => bill(77));
  await step("noted", async () => {
    const row = await call(qb, "getInvoice", invoice.Id);
    row.PrivateNote = "Two loads";
    row.Line[0].Amount = 80;
    return call(qb, "updateInvoice", row);
  });
  await step("sent", () => call(qb, "sendInvoicePdf", invoice.Id, encodeURIComponent("king+bills@groceries.example")));
  const paid = await step("paid", async () => {
    const payment = await call(qb, "createPayment", {
      CustomerRef: { value: customer.Id },
      TotalAmt: 50,
      Line: [{ Amount: 40, LinkedTxn: [{ TxnId: invoice.Id, TxnType: "Invoice" }] }],
    });
    return { payment, invoice: await call(qb, "getInvoice", invoice.Id) };
  });
  const voided = await step("voided", async () => ({
    payment: await call(qb, "voidPayment", { ...paid.payment }),
    invoice: (await call(qb, "voidInvoice", (await bill(20)).Id)).Invoice,
  }));
  await step("deleted", async () => ({
    payment: (await call(qb, "deletePayment", voided.payment)).Payment,
    invoice: (await call(qb, "deleteInvoice", (await bill(30)).Id)).Invoice,
  }));
  await step("batch_deleted", async () => {
    const rows = [await bill(1), await bill(2)];
    const answer = await call(qb, "batch", rows.map((Invoice) => ({ bId: Invoice.Id, operation: "delete", Invoice })));
    return answer.BatchItemResponse.map((one) => one.Invoice.status);
  });
}

async function changes(qb, customer) {
  const answer = await call(qb, "changeDataCapture", ["Customer", "Invoice", "Payment", "Item"], customer.MetaData.CreateTime);
  const blocks = Object.assign({}, ...answer.CDCResponse[0].QueryResponse);
  const states = (name) => Object.fromEntries(blocks[name].map((row) => [row.Id, row.status ?? ""]));
  return Object.fromEntries(["Customer", "Invoice", "Payment", "Item"].map((name) => [name, states(name)]));
}

async function main() {
  // The client has no first step of OAuth: the tokens of a connection come from elsewhere.
  const qb = await connection(JSON.parse(await ask("connection", "com.intuit.quickbooks.accounting openid")));
  const customer = await people(qb);
  await crowds(qb);
  await sales(qb, customer);
  await step("changes", () => changes(qb, customer));
  const count = () => call(qb, "findCustomers", { count: true });
  await step("throttled", async () => {
    await ask("switch", "limit_scale=0.001");
    await count();
    const error = await refused(count);
    await ask("switch", "limit_scale=0");
    return error;
  });
  await step("revoked", async () => {
    const again = client(qb.realmId, qb.token, qb.refreshToken);
    await call(qb, "revokeAccess", true);
    return refused(() => call(again, "findCustomers", { count: true }));
  });
  await step("refresh_refused", () => refused(() => call(client("1", "", "nothing"), "refreshAccessToken")));
}

main().then(() => process.exit(0));
