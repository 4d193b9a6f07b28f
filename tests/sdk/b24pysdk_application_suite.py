"""b24pysdk as a local application against the sandbox: OAuth, pages and events. The address of the vendor's
authorization server is a constant in the library; here it is the sandbox's."""

import os
import re

from b24pysdk import errors
from b24pysdk.api.requesters import BitrixOAuthRequester
from b24pysdk.credentials import BitrixAppLocal, BitrixTokenLocal, OAuthPlacementData
from b24pysdk.errors import oauth

from harness import Checks, control, fault, refused, same

DOMAIN = os.environ["SANDBOX_SECURE_HOST"]
HANDLER = "https://127.0.0.1:9/app"
check = Checks("b24pysdk as an application")

BitrixOAuthRequester._BASE_OAUTH_URL = f"https://{DOMAIN}/oauth"
BitrixOAuthRequester._OAUTH_TOKEN_URL = f"https://{DOMAIN}/oauth/oauth/token/"
BitrixOAuthRequester._APP_INFO_URL = f"https://{DOMAIN}/oauth/rest/app.info/"


def installed(scopes=("crm", "placement")):
    """An application that an administrator has opened, and the data of that page."""
    control("portal", {"base_url": f"https://{DOMAIN}"})
    found = control("application", {"name": "pysdk", "handler": HANDLER, "installer": f"{HANDLER}/install", "scopes": list(scopes)})
    whose = {"client_id": found["client_id"]}
    control("application-install", whose)
    page = control("application-open", whose)
    query = dict(re.findall(r"[?&]([A-Z_]+)=([^&]*)", page["url"]))
    data = OAuthPlacementData.from_dict({**query, **dict(page["form"])})
    app = BitrixAppLocal(domain=DOMAIN, client_id=found["client_id"], client_secret=found["client_secret"])
    return app, data, whose


def token(app, data):
    return BitrixTokenLocal.from_oauth_placement_data(data, app)


@check("the post of a page is read, and the authorization server confirms it")
def page():
    app, data, _ = installed()
    same((data.domain, data.placement, data.placement_options), (DOMAIN, "DEFAULT", None))
    info = token(app, data).get_app_info().result
    same((info.client_id, info.user_id, info.install.installed), (app.client_id, 1, False))
    same(data.validate_against_app_info(info), True)


@check("methods of applications: widgets, handlers, options, and batches")
def methods():
    app, data, whose = installed()
    call = token(app, data).call_method
    same(call("placement.bind", {"PLACEMENT": "CRM_DEAL_LIST_TOOLBAR", "HANDLER": HANDLER, "TITLE": "A"})["result"], True)
    same(call("placement.get")["result"][0]["placement"], "CRM_DEAL_LIST_TOOLBAR")
    same(call("event.bind", {"event": "ONAPPUNINSTALL", "handler": HANDLER})["result"], True)
    same(call("app.option.set", {"options": {"a": "1"}})["result"], True)
    same(call("app.option.get")["result"], {"a": "1"})
    same(call("app.info")["result"]["INSTALLED"], False)
    control("application-finish", whose)
    same(call("app.info")["result"]["INSTALLED"], True)
    answer = token(app, data).call_batch([("crm.lead.add", {"fields": {"TITLE": "A"}}), ("profile", {})])["result"]
    same((answer["result"][0], answer["result"][1]["ADMIN"]), (1, True))


@check("an expired access token is renewed, and the refresh token rotates")
def renewal():
    app, data, whose = installed()
    mine = token(app, data)
    control("application-tokens", {**whose, "do": "expire_access"})
    same(mine.call_method("profile")["result"]["ID"], "1")
    same(mine.refresh_token == data.oauth_token.refresh_token, False)
    with refused(oauth.BitrixOAuthInvalidGrant):
        app.refresh_oauth_token(data.oauth_token.refresh_token)


@check("a code is exchanged once")
def code():
    app, _, whose = installed()
    once = control("application-code", {**whose, "user": 1})["code"]
    same(app.get_oauth_token(once).user_id, 1)
    with refused(oauth.BitrixOAuthInvalidGrant):
        app.get_oauth_token(once)


@check("errors of the authorization server have the library's own types")
def oauth_errors():
    app, data, whose = installed()
    wrong = BitrixAppLocal(domain=DOMAIN, client_id=app.client_id, client_secret="x")
    with refused(oauth.BitrixOAuthInvalidClient):
        wrong.refresh_oauth_token(data.oauth_token.refresh_token)
    with refused(oauth.BitrixOauthWrongClient):
        BitrixAppLocal(domain=DOMAIN, client_id="local.0", client_secret="x").refresh_oauth_token("x")
    with refused(oauth.BitrixOAuthInvalidRequest):
        app.refresh_oauth_token("")
    with refused(oauth.BitrixOAuthNoAuthFound):
        app.get_app_info("x")
    control("application-uninstall", whose)
    with refused(oauth.BitrixOAuthNotInstalled):
        app.get_app_info(data.oauth_token.access_token)


@check("errors of methods: a missing scope, a removed application, an employee without access")
def method_errors():
    app, data, whose = installed(scopes=("crm",))
    mine = token(app, data)
    with refused(errors.BitrixAPIInsufficientScope):
        mine.call_method("im.notify.system.add", {"USER_ID": 1, "MESSAGE": "A"})
    fault("USER_ACCESS")
    with refused(errors.BitrixAPIUserAccessError):
        mine.call_method("profile")
    control("application-uninstall", whose)
    with refused(errors.BitrixAPIError, "NOT_INSTALLED"):
        mine.call_method("profile")


check.run()
