"""The accounting API's addresses (reference 3.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.sandbox.quickbooks import batch, cdc, replay, sales
from connectors.sandbox.quickbooks.app import QuickBooksApp
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.entities import BY_PATH
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.lines import discount_account
from connectors.sandbox.quickbooks.select import select
from connectors.sandbox.quickbooks.settings import company_info, preferences
from connectors.sandbox.quickbooks.times import answer_time
from connectors.sandbox.server import Reply, Request

Answer = dict[str, Any]
Act = Callable[[Company, Request], Answer]
VOID = "void"


def routes(app: QuickBooksApp) -> None:
    """Add the API's addresses to an app. The gate has checked token, realm and limits before."""

    def serve(method: str, template: str) -> Callable[[Act], Act]:
        def add(act: Act) -> Act:
            app.route(method, "/v3/company/{realm}" + template)(lambda request: _answer(app, act, request))
            return act

        return add

    @serve("GET", "/query")
    def query(company: Company, request: Request) -> Answer:
        return _query(company, request.query.get("query", ""))

    @serve("POST", "/query")
    def posted_query(company: Company, request: Request) -> Answer:
        return _query(company, _utf8(request.body))

    @serve("GET", "/cdc")
    def changes(company: Company, request: Request) -> Answer:
        return {"CDCResponse": cdc.changes(company, request.query.get("entities", ""), request.query.get("changedSince", ""))}

    @serve("POST", "/batch")
    def members(company: Company, request: Request) -> Answer:
        _utf8(request.body)
        return {"BatchItemResponse": batch.run(company, request.json, request.query.get("requestid", ""), app.served)}

    @serve("GET", "/companyinfo/{id}")
    def info(company: Company, request: Request) -> Answer:
        return {"CompanyInfo": company_info(company.profile, company.settings)}

    @serve("GET", "/preferences")
    def preferences_of(company: Company, request: Request) -> Answer:
        return {"Preferences": preferences(company.profile, company.settings, company.settings_version, discount_account(company))}

    @serve("GET", "/{entity}/{id}")
    def read(company: Company, request: Request) -> Answer:
        name = _entity(request)
        return {name: company.read(name, request.params["id"])}

    @serve("POST", "/invoice/{id}/send")
    def send(company: Company, request: Request) -> Answer:
        return {"Invoice": sales.send(company, request.params["id"], request.query.get("sendTo", ""))}

    @serve("POST", "/{entity}")
    def write(company: Company, request: Request) -> Answer:
        name, requestid = _entity(request), request.query.get("requestid", "")
        _utf8(request.body)
        replay.check(requestid)
        return replay.once(company, requestid, "", lambda: {name: _written(company, name, request)})


def _answer(app: QuickBooksApp, act: Act, request: Request) -> Reply:
    try:
        answer = act(app.companies[request.params["realm"]], request)
        status = 400 if "Fault" in answer else 200
    except Fault as fault:
        answer, status = {"Fault": fault.body()}, fault.status
    if app.switches.faults_with_ok:
        status = 200
    return Reply(status, {**answer, "time": answer_time(app.clock())})


def _query(company: Company, text: str) -> Answer:
    return {"QueryResponse": select(company, text)}


def _written(company: Company, name: str, request: Request) -> Answer:
    body = request.json
    if not isinstance(body, dict):
        raise Fault("2010", "The body is not a JSON object")
    operation = request.query.get("operation", "update")
    flags = frozenset(request.query.get("include", "").split(","))
    if operation == "delete":
        return company.delete(name, body)
    if operation == "void" or (operation == "update" and VOID in flags):
        return company.void(name, body)
    if operation != "update":
        raise Fault("500", f"Operation {operation} is not supported for {name}")
    return company.update(name, body, flags) if "Id" in body else company.create(name, body, flags)


def _entity(request: Request) -> str:
    entity = BY_PATH.get(request.params["entity"])
    if entity is None:
        raise Fault("500", f"Unsupported entity {request.params['entity']}", status=404)
    return entity.name


def _utf8(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Fault("500", "The body is not UTF-8") from None
