// @bitrix24/b24jssdk against the sandbox, over https.

import assert from "node:assert/strict";

import { B24Hook, AjaxError } from "@bitrix24/b24jssdk";

const { SANDBOX_CONTROL: CONTROL, SANDBOX_SECURE_HOST: HOST } = process.env;
const BUCKET = { drain: 4, size: 3 };
const checks = [];
const check = (sentence, body) => checks.push([sentence, body]);

/** Reads the sandbox's control API, or steers by it when there is a body. */
async function control(what, body) {
  const answer = await fetch(CONTROL + what, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200, `${what}: ${answer.status}`);
  return answer.json();
}
const limits = (figures = {}) => control("limits", { bucket: null, operating: null, ...figures });
const fault = (code, more = {}) => control("faults", { code, ...more });

/** The library keeps a bucket of its own; ours is the one that is tried here. */
function hook(secret = "sandbox", restrictions = {}) {
  return B24Hook.fromWebhookUrl(`https://${HOST}/rest/1/${secret}`, {
    restrictionParams: {
      rateLimit: { burstLimit: 10_000, drainRate: 10_000, adaptiveEnabled: false },
      operatingLimit: { windowMs: 600_000, limitMs: 480_000, heavyPercent: 80 },
      adaptiveConfig: { enabled: false, thresholdPercent: 100, coefficient: 0.001, maxDelay: 1 },
      maxRetries: 1,
      retryDelay: 100,
      retryOnNetworkError: true,
      ...restrictions,
    },
  });
}

const v2 = (b24 = hook()) => b24.actions.v2;
async function call(method, params = {}, b24 = hook()) {
  const answer = await v2(b24).call.make({ method, params });
  assert.ok(answer.isSuccess, answer.getErrorMessages().join("; "));
  return answer.getData().result;
}

async function batched(method, params) {
  const answer = await v2().batch.make({ calls: [[method, params]], options: { isHaltOnError: false } });
  if (!answer.isSuccess) throw [...answer.getErrors()][0];
  return answer.getData()[0];
}

async function refused(what, code, text = "") {
  try {
    await what();
  } catch (error) {
    assert.ok(error instanceof AjaxError, `${error}`);
    assert.equal(`${error.code}`, code);
    assert.ok(error.message.includes(text), error.message);
    return error;
  }
  return assert.fail(`nothing was refused, ${code} was expected`);
}

async function contacts(count) {
  const person = (_, n) => ["crm.contact.add", { fields: { NAME: `Имя ${n}`, PHONE: [{ VALUE: `+7916${`${n}`.padStart(7, "0")}`, VALUE_TYPE: "MOBILE" }] } }];
  const answer = await v2().batchByChunk.make({ calls: Array.from({ length: count }, person), options: { isHaltOnError: false } });
  assert.ok(answer.isSuccess, answer.getErrorMessages().join("; "));
  return answer.getData();
}

check("single calls", async () => {
  assert.equal((await call("profile")).ID, "1");
  assert.deepEqual([...(await call("scope"))].sort(), ["crm", "department", "im", "telephony", "user"]);
  const id = await call("crm.contact.add", { fields: { NAME: "Анна", LAST_NAME: null, OPENED: true } });
  assert.equal((await call("crm.contact.get", { id })).NAME, "Анна");
  assert.equal((await call("crm.contact.fields")).NAME.type, "string");
  assert.match(await call("server.time"), /^\d{4}-/);
});

check("2,600 contacts made by 52 batches and read by pages and by number", async () => {
  const made = await contacts(2600);
  assert.equal(new Set(made).size, 2600);
  assert.equal((await control("counters")).calls, 52);
  const list = await v2().callList.make({ method: "crm.contact.list", params: { select: ["ID", "PHONE"] } });
  assert.deepEqual(list.getData().map((row) => row.ID), made.map(String));
  const items = await v2().callList.make({ method: "crm.item.list", params: { entityTypeId: 3, select: ["id"] }, idKey: "id", customKeyForResult: "items" });
  assert.equal(items.getData().length, 2600);
  let streamed = 0;
  for await (const page of v2().fetchList.make({ method: "crm.contact.list", params: { select: ["ID"] } })) streamed += page.length;
  assert.equal(streamed, 2600);
  // page after page, by the portal's own `next`
  const b24 = hook();
  const http = b24.getHttpClient("v2");
  let [answer, rows] = [await v2(b24).call.make({ method: "crm.contact.list", params: { select: ["ID"] } }), 0];
  assert.equal(answer.getTotal(), 2600);
  for (; answer; answer = await answer.fetchNext(http)) rows += answer.getData().result.length;
  assert.equal(rows, 2600);
});

check("a batch by names, and one by places", async () => {
  await contacts(70);
  const calls = { all: { method: "crm.contact.list", params: { select: ["ID"] } }, one: ["crm.contact.get", { id: 70 }], none: ["crm.contact.get", { id: 71 }] };
  const answer = await v2().batch.make({ calls, options: { isHaltOnError: false, returnAjaxResult: true } });
  const { all, one, none } = answer.getData();
  assert.deepEqual([all.getData().result.length, all.getTotal(), all.isMore()], [50, 70, true]);
  assert.equal(one.getData().result.NAME, "Имя 69");
  assert.equal(none.getData().result, undefined); // see `unnamed`
  const places = await v2().batch.make({ calls: [["crm.contact.get", { id: 1 }], ["crm.contact.get", { id: 0 }], ["profile"]], options: { isHaltOnError: false } });
  assert.deepEqual(places.getData().map((it) => it?.ID), ["1", undefined, "1"]);
  const halted = await v2().batch.make({ calls: [["crm.nothing.add", {}], ["crm.lead.add", {}]], options: { isHaltOnError: true } });
  assert.ok(!halted.isSuccess);
  assert.equal((await control("counters")).records.lead, 0);
});

check("a batch whose commands refer to earlier ones", async () => {
  const calls = {
    who: ["crm.contact.add", { fields: { NAME: "Анна" } }],
    deal: ["crm.deal.add", { fields: { TITLE: "Заказ от $result[who]", CONTACT_ID: "$result[who]" } }],
    read: ["crm.item.get", { entityTypeId: 2, id: "$result[deal]" }],
    all: ["crm.deal.list", { filter: { ID: "$result[read][item][id]" } }],
  };
  const answer = await v2().batch.make({ calls, options: { isHaltOnError: true } });
  const { read, all } = answer.getData();
  assert.deepEqual([read.item.title, read.item.contactIds], ["Заказ от 1", [1]]);
  assert.equal(all[0].ID, "1");
});

/**
 * Classic errors have an empty code. The library knows errors by their codes, so it passes on the bare status, and in
 * batches it takes such a command for one without an answer.
 */
async function unnamed(what, text) {
  const error = await refused(what, "ERR_BAD_REQUEST");
  assert.deepEqual(error.originalError.response.data, { error: "", error_description: text });
}

/** Create, read, change and delete by the classic methods. */
async function classicLife(call, kind, gone) {
  const title = kind === "contact" ? "NAME" : "TITLE";
  const fields = { [title]: "Анна & «Ко» +7", ASSIGNED_BY_ID: 1, COMMENTS: "a=b&c[d]=e #1", ORIGINATOR_ID: "suite", ORIGIN_ID: "1" };
  const id = await call(`crm.${kind}.add`, { fields });
  assert.equal(typeof id, "number");
  const record = await call(`crm.${kind}.get`, { id });
  assert.deepEqual([record.ID, record[title], record.COMMENTS], [`${id}`, fields[title], fields.COMMENTS]);
  assert.equal(await call(`crm.${kind}.update`, { id, fields: { [title]: "Б", ORIGIN_ID: "2" } }), true);
  const found = await call(`crm.${kind}.list`, { filter: { "=ORIGIN_ID": "2" }, select: ["ID", title] });
  assert.deepEqual(found, [{ ID: `${id}`, [title]: "Б" }]);
  assert.equal(await call(`crm.${kind}.delete`, { id }), true);
  await gone(() => call(`crm.${kind}.get`, { id }));
}

/** The same by the universal methods, which answer with whole items. */
async function universalLife(call, entityTypeId) {
  const title = entityTypeId === 3 ? "name" : "title";
  const { item } = await call("crm.item.add", { entityTypeId, fields: { [title]: "Анна", assignedById: 1, originId: "u1" } });
  assert.deepEqual([typeof item.id, item[title], item.originId], ["number", "Анна", "u1"]);
  const { id } = item;
  assert.equal((await call("crm.item.get", { entityTypeId, id })).item.createdTime, item.createdTime);
  const changed = (await call("crm.item.update", { entityTypeId, id, fields: { [title]: "Б" } })).item;
  assert.equal(changed[title], "Б");
  const { items } = await call("crm.item.list", { entityTypeId, filter: { "=originId": "u1" }, select: ["id", title] });
  assert.deepEqual(items.map((it) => [it.id, it[title]]), [[id, "Б"]]);
  assert.deepEqual(await call("crm.item.delete", { entityTypeId, id }), []);
  await assert.rejects(call("crm.item.get", { entityTypeId, id }), /Item not found/);
}

for (const [kind, entityTypeId] of Object.entries({ contact: 3, lead: 1, deal: 2 })) {
  check(`the life of a ${kind} by classic methods`, () => classicLife(call, kind, (get) => unnamed(get, "Not found")));
  check(`the life of a ${kind} by classic methods in batches`, () => classicLife(batched, kind, async (get) => assert.equal(await get(), undefined)));
  check(`the life of a ${kind} by universal methods`, () => universalLife(call, entityTypeId));
  check(`the life of a ${kind} by universal methods in batches`, () => universalLife(batched, entityTypeId));
}

check("multifields: appended, replaced and deleted by number", async () => {
  const id = await call("crm.contact.add", { fields: { NAME: "Анна", PHONE: [{ VALUE: "8 (916) 555-01-42" }], EMAIL: [{ VALUE: "a@b.example", VALUE_TYPE: "HOME" }] } });
  await batched("crm.contact.update", { id, fields: { PHONE: [{ VALUE: "+79165550143", VALUE_TYPE: "MOBILE" }] } });
  const { PHONE: [first, second] } = await call("crm.contact.get", { id });
  assert.deepEqual([first.VALUE, first.VALUE_TYPE, second.VALUE], ["8 (916) 555-01-42", "WORK", "+79165550143"]);
  await call("crm.contact.update", { id, fields: { PHONE: [{ ID: first.ID, VALUE: "+74951234567" }, { ID: second.ID, DELETE: "Y" }] } });
  const { PHONE } = await call("crm.contact.get", { id });
  assert.deepEqual(PHONE.map((it) => it.VALUE), ["+74951234567"]);
  assert.deepEqual(await call("crm.duplicate.findbycomm", { type: "PHONE", values: ["84951234567"] }), { CONTACT: [id] });
  assert.deepEqual(await call("crm.duplicate.findbycomm", { type: "EMAIL", values: ["nobody@b.example"] }), []);
  const fm = { n0: { typeId: "EMAIL", valueType: "WORK", value: "b@b.example" } };
  const { item } = await call("crm.item.update", { entityTypeId: 3, id, fields: { fm } });
  assert.deepEqual(item.fm.filter((it) => it.typeId === "EMAIL").map((it) => it.value), ["a@b.example", "b@b.example"]);
});

check("an error of each class, by the library's own codes", async () => {
  await refused(() => call("crm.nothing.add"), "ERROR_METHOD_NOT_FOUND", "Method not found!");
  await unnamed(() => call("crm.lead.get", { id: 0 }), "ID is not defined or invalid.");
  await refused(() => call("crm.item.list", { entityTypeId: 2, filter: { "=NOTHING": 1 } }), "INVALID_ARG_VALUE");
  await refused(() => call("crm.item.get", { entityTypeId: 2, id: 9 }), "NOT_FOUND", "Item not found");
  await refused(() => call("crm.item.get", { id: 1 }), "100");
  await refused(() => call("profile", {}, hook("wrong")), "INVALID_CREDENTIALS");
  await control("scopes", ["user"]);
  await refused(() => call("crm.lead.list"), "insufficient_scope");
  await control("scopes", ["crm", "user"]);
  const codes = {
    USER_DISMISSED: "authorization_error", CREDENTIALS_REVOKED: "INVALID_CREDENTIALS", OPERATION_TIME_LIMIT: "OPERATION_TIME_LIMIT",
    OVERLOAD_LIMIT: "OVERLOAD_LIMIT", QUERY_LIMIT_EXCEEDED: "QUERY_LIMIT_EXCEEDED", INTERNAL_SERVER_ERROR: "INTERNAL_SERVER_ERROR",
    BAD_GATEWAY: "ERR_BAD_RESPONSE", RESET_BEFORE: "ECONNRESET",
  };
  for (const [code, seen] of Object.entries(codes)) {
    await fault(code);
    await refused(() => call("profile"), seen);
  }
  await fault("ERROR_AFTER_SAVE");
  await refused(() => call("crm.lead.add", { fields: {} }), "ERR_BAD_REQUEST");
  assert.equal((await control("counters")).records.lead, 1);
  const calls = { a: ["crm.nothing.add", {}], b: ["batch", { cmd: { a: "profile" } }] };
  const answer = await v2().batch.make({ calls, options: { isHaltOnError: false, returnAjaxResult: true } });
  const codesOf = Object.values(answer.getData()).map((it) => [...it.getErrors()][0].code);
  assert.deepEqual(codesOf, ["ERROR_METHOD_NOT_FOUND", "ERROR_BATCH_METHOD_NOT_ALLOWED"]);
});

check("what passes by itself is repeated by the library", async () => {
  for (const code of ["QUERY_LIMIT_EXCEEDED", "BAD_GATEWAY", "RESET_BEFORE"]) {
    await fault(code);
    assert.equal((await call("profile", {}, hook("sandbox", { maxRetries: 3 }))).ID, "1");
  }
  // this is how gateways make doubles: the work was done, the answer was lost
  await fault("RESET_AFTER", { method: "crm.lead.add" });
  await call("crm.lead.add", { fields: { TITLE: "twice", ORIGINATOR_ID: "s", ORIGIN_ID: "1" } }, hook("sandbox", { maxRetries: 3 }));
  assert.equal((await control("counters")).duplicates_by_origin.lead, 1);
});

check("throttling, and the way out of it", async () => {
  await limits({ bucket: BUCKET });
  const b24 = hook("sandbox", { maxRetries: 8 });
  const made = await Promise.all(Array.from({ length: 8 }, (_, n) => call("crm.lead.add", { fields: { TITLE: `${n}` } }, b24)));
  assert.equal(new Set(made).size, 8);
  assert.ok((await control("counters")).refused > 0, "nothing was refused");
});

let failed = 0;
for (const [sentence, body] of checks) {
  await control("reset", {});
  await limits();
  try {
    await body();
    console.log(`ok    b24jssdk: ${sentence}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  b24jssdk: ${sentence}: ${error.message ?? error}`);
  }
}
process.exit(failed ? 1 : 0);
