"""What both Python suites share: the sandbox's switches, the list of checks, and the life of a record."""

import contextlib
import json
import os
import urllib.request

CONTROL = os.environ["SANDBOX_CONTROL"]
BUCKET = {"drain": 4, "size": 3}


def control(what, body=None):
    """Reads the sandbox's control API, or steers by it when there is a body."""
    data = None if body is None else json.dumps(body).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(CONTROL + what, data, timeout=30) as answer:
        return json.load(answer)


def limits(**figures):
    control("limits", {"bucket": None, "operating": None, **figures})


def fault(code, **more):
    control("faults", {"code": code, **more})


class Checks:
    """Checks in the order of their writing; each begins with an empty portal without limits."""

    def __init__(self, name):
        self.name, self.list = name, []

    def __call__(self, sentence):
        def keep(body):
            self.list.append((sentence, body))
            return body

        return keep

    def run(self):
        failed = 0
        for sentence, body in self.list:
            control("reset", {})
            limits()
            try:
                body()
                print(f"ok    {self.name}: {sentence}", flush=True)
            except Exception as error:  # whatever it is, the next check must run
                failed += 1
                print(f"FAIL  {self.name}: {sentence}: {type(error).__name__}: {error}", flush=True)
        raise SystemExit(1 if failed else 0)


def same(got, wanted):
    if got != wanted:
        raise AssertionError(f"{got!r}, and not {wanted!r}")


@contextlib.contextmanager
def refused(kind, text=""):
    """The block must end with this error, in whose words the text occurs."""
    try:
        yield
    except kind as error:
        words = f"{error} {getattr(error, 'error', '')}"
        if text.lower() not in words.lower():
            raise AssertionError(f"{error!r} does not say {text!r}") from error
    else:
        raise AssertionError(f"nothing was refused, {text or kind.__name__} was expected")


def classic_life(call, kind, gone):
    """Create, read, change and delete by the classic methods. `gone` knows the error of a missing record."""
    title = "NAME" if kind == "contact" else "TITLE"
    fields = {title: "Анна & «Ко» +7", "ASSIGNED_BY_ID": 1, "COMMENTS": "a=b&c[d]=e #1", "ORIGINATOR_ID": "suite", "ORIGIN_ID": "1"}
    number = call(f"crm.{kind}.add", {"fields": fields})
    same(type(number), int)
    record = call(f"crm.{kind}.get", {"id": number})
    same((record["ID"], record[title], record["COMMENTS"]), (str(number), fields[title], fields["COMMENTS"]))
    same(call(f"crm.{kind}.update", {"id": number, "fields": {title: "Б", "ORIGIN_ID": "2"}}), True)
    same(call(f"crm.{kind}.get", {"id": number})[title], "Б")
    found = call(f"crm.{kind}.list", {"filter": {"=ORIGIN_ID": "2"}, "select": ["ID", "ORIGIN_ID"]})
    same(found, [{"ID": str(number), "ORIGIN_ID": "2"}])
    same(call(f"crm.{kind}.delete", {"id": number}), True)
    with gone():
        call(f"crm.{kind}.get", {"id": number})


def universal_life(call, type_id, gone):
    """The same by the universal methods, which answer with whole items."""
    title = "name" if type_id == 3 else "title"
    of = {"entityTypeId": type_id}
    item = call("crm.item.add", {**of, "fields": {title: "Анна", "assignedById": 1, "originId": "u1"}})["item"]
    same((type(item["id"]), item[title], item["originId"]), (int, "Анна", "u1"))
    same(call("crm.item.get", {**of, "id": item["id"]})["item"], {**item, **({"fm": []} if type_id != 2 else {})})
    changed = call("crm.item.update", {**of, "id": item["id"], "fields": {title: "Б"}})["item"]
    same((changed["id"], changed[title]), (item["id"], "Б"))
    found = call("crm.item.list", {**of, "filter": {"=originId": "u1"}, "select": ["id", title]})["items"]
    same([(it["id"], it[title]) for it in found], [(item["id"], "Б")])
    same(call("crm.item.delete", {**of, "id": item["id"]}), [])
    with gone():
        call("crm.item.get", {**of, "id": item["id"]})
