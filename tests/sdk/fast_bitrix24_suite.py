"""fast_bitrix24 against the sandbox, over http. It sends single calls as batches of one command unless they are
raw, so each thing is tried both ways."""

import asyncio
import functools
import os
import warnings

import aiohttp
from fast_bitrix24 import BitrixAsync
from fast_bitrix24.server_response import ErrorInServerResponseException as Refused

from harness import BUCKET, Checks, classic_life, control, fault, limits, refused, same, universal_life

WEBHOOK = os.environ["SANDBOX_WEBHOOK"]
check = Checks("fast_bitrix24")
# advice to the users of the library
warnings.simplefilter("ignore")


def client(webhook=WEBHOOK, **more):
    return BitrixAsync(webhook, verbose=False, request_pool_size=10**6, **more)


def run(coroutine):
    return asyncio.run(coroutine)


def raw(method, params=None):
    """One HTTP call with a JSON body."""
    return run(client().call(method, params or {}, raw=True))["result"]


def packed(method, params):
    """One command of a batch. The library takes lists apart and leaves whole records under its own label."""
    answer = run(client().call(method, params))
    if isinstance(answer, dict) and "order0000000000" in answer:
        answer = answer["order0000000000"]
    return [answer] if method.endswith(".list") else answer


def error_of(method, params=None, webhook=WEBHOOK):
    """The status of a refused raw call; the library keeps nothing else of it."""
    try:
        run(client(webhook).call(method, params or {}, raw=True))
    except aiohttp.ClientResponseError as error:
        return error.status
    raise AssertionError("nothing was refused")


def contacts(count):
    people = [{"fields": {"NAME": f"Имя {n}", "PHONE": [{"VALUE": f"+7916{n:07}", "VALUE_TYPE": "MOBILE"}]}} for n in range(count)]
    return run(client().call("crm.contact.add", people))


@check("single calls, raw and in a batch of one")
def single():
    same(raw("profile")["ID"], "1")
    same(sorted(raw("scope")), ["crm", "department", "im", "telephony", "user"])
    same(raw("crm.settings.mode.get"), 1)
    same(run(client().call("crm.contact.add", {"fields": {"NAME": "Анна"}})), 1)
    same(run(client().get_all("crm.contact.fields"))["NAME"]["type"], "string")


@check("2,600 contacts made by 52 batches and read by pages")
def pages():
    made = contacts(2600)
    same(len(set(made)), 2600)
    same(control("counters")["calls"], 52)
    rows = run(client().get_all("crm.contact.list", {"select": ["ID", "NAME", "PHONE"]}))
    same((len(rows), len({row["ID"] for row in rows})), (2600, 2600))
    same(sorted(row["PHONE"][0]["VALUE"] for row in rows)[0], "+79160000000")
    items = run(client().get_all("crm.item.list", {"entityTypeId": 3, "select": ["id", "name"]}))
    same(len({item["id"] for item in items}), 2600)


@check("records by their numbers, 120 in three batches")
def by_number():
    made = contacts(120)
    found = run(client().get_by_ID("crm.contact.get", made))
    same({int(key) for key in found}, set(made))
    same({key: row["ID"] for key, row in found.items()}, {str(id): str(id) for id in made})
    # the library gives numbers in the order in which its batches come back, so which number is whose is not known
    same(sorted(row["NAME"] for row in found.values()), sorted(f"Имя {n}" for n in range(120)))


@check("a batch whose commands refer to earlier ones")
def references():
    answer = run(client().call_batch({"halt": 1, "cmd": {
        "who": "crm.contact.add?fields[NAME]=Анна",
        "deal": "crm.deal.add?fields[TITLE]=Заказ%20от%20$result[who]&fields[CONTACT_ID]=$result[who]&",
        "read": "crm.deal.get?id=$result[deal]",
        "bound": "crm.deal.contact.items.get?id=$result[read][ID]",
    }}))
    same((answer["who"], answer["deal"], answer["read"]["TITLE"]), (1, 1, "Заказ от 1"))
    same((answer["read"]["CONTACT_ID"], answer["bound"][0]["CONTACT_ID"]), ("1", 1))


@check("more than fifty commands in one batch: the rest is refused one by one")
def too_long():
    with refused(Refused, "ERROR_BATCH_LENGTH_EXCEEDED"):
        run(client(batch_size=60).call("crm.lead.add", [{"fields": {"TITLE": str(n)}} for n in range(60)]))
    same(control("counters")["records"]["lead"], 50)


for kind, type_id in (("contact", 3), ("lead", 1), ("deal", 2)):
    http_gone = functools.partial(refused, aiohttp.ClientResponseError, "400")
    check(f"the life of a {kind} by classic methods")(functools.partial(classic_life, raw, kind, http_gone))
    check(f"the life of a {kind} by classic methods in batches")(
        functools.partial(classic_life, packed, kind, functools.partial(refused, Refused, "Not found")))
    check(f"the life of a {kind} by universal methods")(functools.partial(universal_life, raw, type_id, http_gone))


@check("multifields: appended, replaced and deleted by number")
def multifields():
    number = raw("crm.contact.add", {"fields": {"NAME": "Анна", "PHONE": [{"VALUE": "8 (916) 555-01-42"}], "EMAIL": [{"VALUE": "a@b.example", "VALUE_TYPE": "HOME"}]}})
    run(client().call("crm.contact.update", {"ID": number, "fields": {"PHONE": [{"VALUE": "+79165550143", "VALUE_TYPE": "MOBILE"}]}}))
    phones = raw("crm.contact.get", {"id": number})["PHONE"]
    same([(it["VALUE"], it["VALUE_TYPE"]) for it in phones], [("8 (916) 555-01-42", "WORK"), ("+79165550143", "MOBILE")])
    change = [{"ID": phones[0]["ID"], "VALUE": "+74951234567"}, {"ID": phones[1]["ID"], "DELETE": "Y"}]
    raw("crm.contact.update", {"id": number, "fields": {"PHONE": change}})
    same([it["VALUE"] for it in raw("crm.contact.get", {"id": number})["PHONE"]], ["+74951234567"])
    same(raw("crm.duplicate.findbycomm", {"type": "PHONE", "values": ["84951234567"]}), {"CONTACT": [number]})
    same(raw("crm.duplicate.findbycomm", {"type": "EMAIL", "values": ["nobody@b.example"]}), [])
    item = raw("crm.item.update", {"entityTypeId": 3, "id": number, "fields": {"fm": {"n0": {"typeId": "EMAIL", "valueType": "WORK", "value": "b@b.example"}}}})["item"]
    same([it["value"] for it in item["fm"] if it["typeId"] == "EMAIL"], ["a@b.example", "b@b.example"])


@check("an error of each class")
def errors():
    same(error_of("crm.nothing.add"), 404)
    same(error_of("crm.lead.get", {"id": 0}), 400)
    same(error_of("crm.item.list", {"entityTypeId": 2, "filter": {"=NOTHING": 1}}), 400)
    same(error_of("crm.item.get", {"id": 1}), 400)
    same(error_of("profile", webhook=WEBHOOK.replace("sandbox", "wrong")), 401)
    control("scopes", ["user"])
    same(error_of("crm.lead.list"), 401)
    control("scopes", ["crm", "user"])
    fault("USER_DISMISSED")
    same(error_of("profile"), 401)
    fault("OPERATION_TIME_LIMIT")
    same(error_of("crm.lead.list"), 429)
    for text, command in (("Method not found", "crm.nothing.add"), ("not allowed for batch", "batch?cmd[a]=profile")):
        with refused(Refused, text):
            run(client().call_batch({"halt": 0, "cmd": {"a": command}}))


@check("what passes by itself is repeated by the library")
def passing():
    for code in ("BAD_GATEWAY", "INTERNAL_SERVER_ERROR", "OVERLOAD_LIMIT", "RESET_BEFORE", "CUT_BODY"):
        fault(code)
        same(raw("profile")["ID"], "1")
        same(control("faults"), [])
    # this is how gateways make doubles: the work was done, the answer was lost
    fault("RESET_AFTER", method="crm.lead.add")
    raw("crm.lead.add", {"fields": {"TITLE": "twice", "ORIGINATOR_ID": "s", "ORIGIN_ID": "1"}})
    same(control("counters")["duplicates_by_origin"]["lead"], 1)


@check("throttling, and the way out of it")
def throttling():
    limits(bucket=BUCKET)

    async def burst():
        b24 = client()
        return await asyncio.gather(*[b24.call("crm.lead.add", {"fields": {"TITLE": str(n)}}, raw=True) for n in range(8)])

    answers = run(burst())
    same(len({answer["result"] for answer in answers}), 8)
    if control("counters")["refused"] == 0:
        raise AssertionError("nothing was refused")


check.run()
