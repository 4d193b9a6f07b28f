"""b24pysdk against the sandbox. It knows nothing but https."""

import functools
import os

from b24pysdk import Client
from b24pysdk.credentials import BitrixWebhook
from b24pysdk import errors

from harness import BUCKET, Checks, classic_life, control, fault, limits, refused, same, universal_life

DOMAIN = os.environ["SANDBOX_SECURE_HOST"]
check = Checks("b24pysdk")


def token(secret="sandbox"):
    return BitrixWebhook(domain=DOMAIN, webhook_token=f"1/{secret}")


def client(**more):
    return Client(token(), max_retries=6, initial_retry_delay=0.3, retry_delay_increment=0.3, **more)


def call(method, params=None):
    return token().call_method(method, params, max_retries=1)["result"]


def batched(method, params):
    answer = token().call_batch([(method, params)])["result"]
    if answer["result_error"]:
        raise errors.BitrixSDKException(str(answer["result_error"]))
    return answer["result"][0]


def contacts(count):
    people = [("crm.contact.add", {"fields": {"NAME": f"Имя {n}", "PHONE": [{"VALUE": f"+7916{n:07}", "VALUE_TYPE": "MOBILE"}]}}) for n in range(count)]
    return token().call_batches(people)["result"]


@check("single calls by the library's own names")
def single():
    b24 = client()
    same(b24.profile().result["ID"], "1")
    same(sorted(b24.scope().result), ["crm", "department", "im", "telephony", "user"])
    number = b24.crm.contact.add(fields={"NAME": "Анна", "BIRTHDATE": "2000-01-31"}).result
    same(b24.crm.contact.get(bitrix_id=number).result["NAME"], "Анна")
    same(b24.crm.item.get(bitrix_id=number, entity_type_id=3).result["item"]["name"], "Анна")
    same(b24.crm.contact.fields().response.result["NAME"]["type"], "string")
    same(b24.crm.contact.list(filter={"NAME": "Анна"}).response.total, 1)


@check("2,600 contacts made by 52 batches and read by pages and by number")
def pages():
    made = contacts(2600)
    same((made["result_error"], len(set(made["result"].values()))), ({}, 2600))
    same(control("counters")["calls"], 52)
    b24 = client()
    rows = list(b24.crm.contact.list(select=["ID", "PHONE"]).as_list().result)
    same(([row["ID"] for row in rows][::1000], len(rows)), (["1", "1001", "2001"], 2600))
    same(rows[5]["PHONE"][0]["VALUE"], "+79160000005")
    rows = list(b24.crm.contact.list(select=["ID"]).as_list_fast(descending=True).result)
    same(([row["ID"] for row in rows][:2], len(rows)), (["2600", "2599"], 2600))
    items = list(b24.crm.item.list(entity_type_id=3, select=["id"]).as_list().result)
    same(len({item["id"] for item in items}), 2600)
    items = list(b24.crm.item.list(entity_type_id=3, select=["id"]).as_list_fast().result)
    same(len({item["id"] for item in items}), 2600)


@check("a batch by names, with its totals, next pages and times")
def batch():
    contacts(70)
    b24 = client()
    answer = b24.call_batch({
        "all": b24.crm.contact.list(select=["ID"]),
        "one": b24.crm.contact.get(bitrix_id=70),
        "none": b24.crm.contact.get(bitrix_id=71),
    }).result
    same((len(answer.result["all"]), answer.result["one"]["NAME"]), (50, "Имя 69"))
    same((answer.result_total, answer.result_next), ({"all": 70}, {"all": 50}))
    same(answer.result_error, {"none": {"error": "", "error_description": "Not found"}})
    same(set(answer.result_time), {"all", "one"})


@check("a batch whose commands refer to earlier ones")
def references():
    answer = token().call_batch({
        "who": ("crm.contact.add", {"fields": {"NAME": "Анна"}}),
        "deal": ("crm.deal.add", {"fields": {"TITLE": "Заказ от $result[who]", "CONTACT_IDS": ["$result[who]"]}}),
        "read": ("crm.item.get", {"entityTypeId": 2, "id": "$result[deal]"}),
    }, halt=True)["result"]
    same(answer["result_error"], [])
    same((answer["result"]["read"]["item"]["title"], answer["result"]["read"]["item"]["contactIds"]), ("Заказ от 1", [1]))


for kind, type_id in (("contact", 3), ("lead", 1), ("deal", 2)):
    classic_gone = functools.partial(refused, errors.BitrixAPIBadRequest, "Not found")
    check(f"the life of a {kind} by classic methods")(functools.partial(classic_life, call, kind, classic_gone))
    check(f"the life of a {kind} by classic methods in batches")(
        functools.partial(classic_life, batched, kind, functools.partial(refused, errors.BitrixSDKException, "Not found")))
    gone = functools.partial(refused, errors.BitrixAPIError, "NOT_FOUND")
    check(f"the life of a {kind} by universal methods")(functools.partial(universal_life, call, type_id, gone))


@check("multifields: appended, replaced and deleted by number")
def multifields():
    b24 = client()
    number = b24.crm.lead.add(fields={"TITLE": "Л", "PHONE": [{"VALUE": "8 (916) 555-01-42"}], "EMAIL": [{"VALUE": "a@b.example", "VALUE_TYPE": "HOME"}]}).result
    b24.crm.lead.update(bitrix_id=number, fields={"PHONE": [{"VALUE": "+79165550143", "VALUE_TYPE": "MOBILE"}]}).response
    phones = b24.crm.lead.get(bitrix_id=number).result["PHONE"]
    same([(it["VALUE"], it["VALUE_TYPE"]) for it in phones], [("8 (916) 555-01-42", "WORK"), ("+79165550143", "MOBILE")])
    change = [{"ID": phones[0]["ID"], "VALUE": "+74951234567"}, {"ID": phones[1]["ID"], "VALUE": ""}]
    batched("crm.lead.update", {"id": number, "fields": {"PHONE": change}})
    same([it["VALUE"] for it in b24.crm.lead.get(bitrix_id=number).result["PHONE"]], ["+74951234567"])
    same(call("crm.duplicate.findbycomm", {"type": "PHONE", "values": ["84951234567"]}), {"LEAD": [number]})
    same(call("crm.duplicate.findbycomm", {"type": "EMAIL", "values": ["nobody@b.example"]}), [])
    fm = {"n0": {"typeId": "EMAIL", "valueType": "WORK", "value": "b@b.example"}}
    item = b24.crm.item.update(bitrix_id=number, entity_type_id=1, fields={"fm": fm}).result["item"]
    same([it["value"] for it in item["fm"] if it["typeId"] == "EMAIL"], ["a@b.example", "b@b.example"])


@check("an error of each class, by the library's own classes")
def failures():
    with refused(errors.BitrixAPINotFound, "ERROR_METHOD_NOT_FOUND"):
        call("crm.nothing.add")
    with refused(errors.BitrixAPIBadRequest, "ID is not defined or invalid."):
        call("crm.lead.get", {"id": 0})
    with refused(errors.BitrixAPIInvalidArgValue, "is not allowed in filter"):
        call("crm.item.list", {"entityTypeId": 2, "filter": {"=NOTHING": 1}})
    with refused(errors.BitrixAPIBadRequest, "entityTypeId"):
        call("crm.item.get", {"id": 1})
    with refused(errors.BitrixAPIBadRequest, "invalid address"):
        call("crm.contact.add", {"fields": {"NAME": "А", "EMAIL": [{"VALUE": "no address"}]}})
    with refused(errors.BitrixAPIInvalidCredentials):
        token("wrong").call_method("profile")
    control("scopes", ["user"])
    with refused(errors.BitrixAPIInsufficientScope):
        call("crm.lead.list")
    control("scopes", ["crm", "user"])
    for code, kind in (
        ("USER_DISMISSED", errors.BitrixAPIAuthorizationError),
        ("CREDENTIALS_REVOKED", errors.BitrixAPIInvalidCredentials),
        ("OPERATION_TIME_LIMIT", errors.BitrixAPIOperationTimeLimit),
        ("OVERLOAD_LIMIT", errors.BitrixAPIOverloadLimit),
        ("QUERY_LIMIT_EXCEEDED", errors.BitrixAPIQueryLimitExceeded),
        ("INTERNAL_SERVER_ERROR", errors.BitrixAPIInternalServerError),
        ("BAD_GATEWAY", errors.BitrixResponseJSONDecodeError),
        ("RESET_BEFORE", errors.BitrixRequestError),
        ("CUT_BODY", errors.BitrixRequestError),
    ):
        fault(code)
        with refused(kind):
            call("profile")
    fault("HOLD_REPLY", ms=3000)
    with refused(errors.BitrixRequestTimeout):
        token().call_method("crm.lead.add", {"fields": {}}, timeout=0.5)
    same(control("counters")["records"]["lead"], 1)
    fault("ERROR_AFTER_SAVE")
    with refused(errors.BitrixAPIBadRequest):
        call("crm.lead.add", {"fields": {}})
    same(control("counters")["records"]["lead"], 2)


@check("a renamed portal: the library takes over its new name")
def renamed():
    fault("RENAMED", host="https://renamed.invalid")
    hook = token()
    with refused(errors.BitrixRequestError, "renamed.invalid"):
        hook.call_method("profile")
    same(hook.domain, "renamed.invalid")


@check("throttling, and the way out of it")
def throttling():
    limits(bucket=BUCKET)
    b24 = client()
    made = [b24.crm.lead.add(fields={"TITLE": str(n)}).result for n in range(8)]
    same(made, list(range(1, 9)))
    if control("counters")["refused"] == 0:
        raise AssertionError("nothing was refused")


check.run()
