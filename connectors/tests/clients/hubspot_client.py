"""HubSpot's own client for Python, unchanged, against the sandbox: its settings are the host and the base address of plain requests."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hubspot import HubSpot
from hubspot.crm import associations, companies, contacts, objects, products, properties
from hubspot.utils.oauth import get_auth_url
from steps import ask, step

SANDBOX, BACK, SCOPES = os.environ["SANDBOX"], os.environ["BACK"], os.environ["SCOPES"].split()
APP = {"client_id": os.environ["CLIENT_ID"], "client_secret": os.environ["CLIENT_SECRET"]}
UNIQUE = "ledger_key"
SERIALIZER = contacts.ApiClient()


def connected(token: str | None = None) -> HubSpot:
    return HubSpot(access_token=token, host=SANDBOX, base_url=SANDBOX)


def refused(act: Callable[[], Any]) -> dict[str, Any]:
    """The error of a call, as the client raises it. Each of its parts has an exception class of its own."""
    try:
        act()
    except Exception as error:  # noqa: BLE001 - one without a status is no answer, and fails here
        return {"status": error.status, "body": json.loads(error.body)}
    raise AssertionError("not refused")


def plain(answer: Any) -> Any:
    """An answer that the client has read, by the names of the API again."""
    return SERIALIZER.sanitize_for_serialization(answer)


def tokens(answer: Any) -> dict[str, Any]:
    return {"access": answer.access_token, "refresh": answer.refresh_token, "type": answer.token_type, "seconds": answer.expires_in}


# OAuth


@step
def consent() -> dict[str, Any]:
    address = get_auth_url(scope=tuple(SCOPES), client_id=APP["client_id"], redirect_uri=BACK, state="spring & autumn")
    back = parse_qs(urlsplit(ask("consent", address)).query)
    return {"code": back["code"][0], "state": back["state"][0]}


@step
def exchanged() -> dict[str, Any]:
    asked = {"grant_type": "authorization_code", "code": consent["code"], "redirect_uri": BACK, **APP}
    return tokens(connected().oauth.tokens_api.create(**asked))


@step
def code_again() -> dict[str, Any]:
    asked = {"grant_type": "authorization_code", "code": consent["code"], "redirect_uri": BACK, **APP}
    return refused(lambda: connected().oauth.tokens_api.create(**asked))


@step
def described() -> dict[str, Any]:
    oauth = connected().oauth
    access, refresh = oauth.access_tokens_api.get(exchanged["access"]), oauth.refresh_tokens_api.get(exchanged["refresh"])
    return {"hubs": [access.hub_id, refresh.hub_id], "scopes": access.scopes, "seconds": access.expires_in, "client": refresh.client_id}


@step
def expired() -> dict[str, Any]:
    ask("wait", "1801")
    return refused(lambda: connected(exchanged["access"]).crm.contacts.basic_api.get_page())


@step
def refreshed() -> dict[str, Any]:
    return tokens(connected().oauth.tokens_api.create(grant_type="refresh_token", refresh_token=exchanged["refresh"], **APP))


client = connected(refreshed["access"])

# Properties


@step
def property_group() -> dict[str, Any]:
    api = client.crm.properties.groups_api
    made = api.create("contacts", properties.PropertyGroupCreate(name="ledger", label="Ledger"))
    changed = api.update("contacts", "ledger", properties.PropertyGroupUpdate(label="The ledger"))
    api.create("contacts", properties.PropertyGroupCreate(name="spare", label="Spare"))
    api.archive("contacts", "spare")
    return {"labels": [made.label, changed.label], "all": [group.name for group in api.get_all("contacts").results]}


@step
def property_definition() -> dict[str, Any]:
    api = client.crm.properties.core_api
    wanted = properties.PropertyCreate(name=UNIQUE, label="Key", type="string", field_type="text", group_name="ledger", has_unique_value=True)
    made = api.create("contacts", wanted)
    changed = api.update("contacts", UNIQUE, properties.PropertyUpdate(label="Ledger key"))
    names = [found.name for found in api.get_all("contacts").results]
    return {"labels": [made.label, changed.label], "read": plain(api.get_by_name("contacts", UNIQUE)), "listed": UNIQUE in names}


@step
def property_taken() -> dict[str, Any]:
    again = properties.PropertyCreate(name=UNIQUE, label="Key", type="string", field_type="text", group_name="ledger")
    return refused(lambda: client.crm.properties.core_api.create("contacts", again))


@step
def property_batch() -> dict[str, Any]:
    api = client.crm.properties.batch_api
    options = [properties.OptionInput(label=label, value=label.lower(), hidden=False) for label in ("North", "South")]
    tier = properties.PropertyCreate(name="side", label="Side", type="enumeration", field_type="select", group_name="ledger", options=options)
    area = properties.PropertyCreate(name="area", label="Area", type="number", field_type="number", group_name="ledger")
    made = api.create("contacts", properties.BatchInputPropertyCreate(inputs=[tier, area]))
    names = [properties.PropertyName(name=name) for name in ("side", "area")]
    read = api.read("contacts", properties.BatchReadInputPropertyName(archived=False, inputs=names))
    api.archive("contacts", properties.BatchInputPropertyName(inputs=names[1:]))
    return {"made": [one.name for one in made.results], "types": {one.name: one.type for one in read.results}}


# Single records


@step
def company() -> dict[str, Any]:
    wanted = companies.SimplePublicObjectInputForCreate(properties={"name": "Fern & Sons", "domain": "fern.example"}, associations=[])
    return plain(client.crm.companies.basic_api.create(wanted))


@step
def created() -> dict[str, Any]:
    types = [contacts.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=279)]
    linked = contacts.PublicAssociationsForObject(to=contacts.PublicObjectId(id=company["id"]), types=types)
    values = {"email": "ada@fern.example", "firstname": "Ada", "lastname": "Löfgren"}
    return plain(client.crm.contacts.basic_api.create(contacts.SimplePublicObjectInputForCreate(properties=values, associations=[linked])))


@step
def duplicate() -> dict[str, Any]:
    again = contacts.SimplePublicObjectInputForCreate(properties={"email": "ada@fern.example"}, associations=[])
    return refused(lambda: client.crm.contacts.basic_api.create(again))


@step
def updated() -> dict[str, Any]:
    change = contacts.SimplePublicObjectInput(properties={"phone": "+1 303 555 0100", UNIQUE: "A-1"})
    return plain(client.crm.contacts.basic_api.update(created["id"], change))


@step
def read() -> dict[str, Any]:
    wanted = {"properties": ["phone", "lastname"], "properties_with_history": ["phone"], "associations": ["companies"]}
    return plain(client.crm.contacts.basic_api.get_by_id("ADA@fern.example", id_property="email", **wanted))


@step
def invalid() -> dict[str, Any]:
    wrong = contacts.SimplePublicObjectInput(properties={"side": "up", "no_such": "1"})
    return refused(lambda: client.crm.contacts.basic_api.update(created["id"], wrong))


@step
def unknown() -> dict[str, Any]:
    return refused(lambda: client.crm.contacts.basic_api.get_by_id("1"))


@step
def forbidden() -> dict[str, Any]:
    deal = contacts.SimplePublicObjectInputForCreate(properties={"dealname": "x"}, associations=[])
    return refused(lambda: client.crm.deals.basic_api.create(deal))


@step
def wrong_token() -> dict[str, Any]:
    return refused(lambda: connected("nobody").crm.contacts.basic_api.get_page())


# Batches


@step
def batch_created() -> list[str]:
    people = [{"email": f"p{n:03}@crowd.example", "lastname": f"Crowd {n:03}", UNIQUE: f"C-{n:03}"} for n in range(100)]
    inputs = [contacts.SimplePublicObjectBatchInputForCreate(properties=person, associations=[]) for person in people]
    answer = client.crm.contacts.batch_api.create(contacts.BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs))
    return [one.id for one in sorted(answer.results, key=lambda one: one.properties["email"])]


@step
def batch_mixed() -> dict[str, Any]:
    emails = {"one": "mixed@crowd.example", "two": "ada@fern.example"}
    inputs = [
        contacts.SimplePublicObjectBatchInputForCreate(properties={"email": email}, associations=[], object_write_trace_id=trace)
        for trace, email in emails.items()
    ]
    return plain(client.crm.contacts.batch_api.create(contacts.BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs)))


@step
def batch_read() -> dict[str, Any]:
    keys = [contacts.SimplePublicObjectId(id=key) for key in ("C-007", "C-008", "C-999")]
    wanted = contacts.BatchReadInputSimplePublicObjectId(id_property=UNIQUE, inputs=keys, properties=["lastname"], properties_with_history=[])
    return plain(client.crm.contacts.batch_api.read(wanted))


@step
def batch_updated() -> dict[str, Any]:
    inputs = [contacts.SimplePublicObjectBatchInput(id=key, properties={"city": "Golden"}) for key in batch_created[:2]]
    return plain(client.crm.contacts.batch_api.update(contacts.BatchInputSimplePublicObjectBatchInput(inputs=inputs)))


@step
def batch_upserted() -> dict[str, bool]:
    inputs = [
        contacts.SimplePublicObjectBatchInputUpsert(id_property=UNIQUE, id=key, properties={"lastname": "Upserted"}) for key in ("C-002", "C-200")
    ]
    answer = client.crm.contacts.batch_api.upsert(contacts.BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs))
    return {one.properties[UNIQUE]: one.new for one in answer.results}


@step
def batch_archived() -> list[str]:
    ids = [contacts.SimplePublicObjectId(id=key) for key in batch_created[90:]]
    client.crm.contacts.batch_api.archive(contacts.BatchInputSimplePublicObjectId(inputs=ids))
    return [one.id for one in client.crm.contacts.basic_api.get_page(limit=100, archived=True).results]


# Lists and search


@step
def paged() -> list[str]:
    inputs = [contacts.SimplePublicObjectBatchInputForCreate(properties={"email": f"late{n:02}@crowd.example"}, associations=[]) for n in range(20)]
    client.crm.contacts.batch_api.create(contacts.BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs))
    return [one.id for one in client.crm.contacts.get_all(properties=["email"])]


@step
def searched() -> dict[str, Any]:
    golden = contacts.FilterGroup(filters=[contacts.Filter(property_name="city", operator="EQ", value="Golden")])
    some = contacts.FilterGroup(filters=[contacts.Filter(property_name=UNIQUE, operator="IN", values=["c-005", "c-006"])])
    wanted = contacts.PublicObjectSearchRequest(
        filter_groups=[golden, some], sorts=[{"propertyName": UNIQUE, "direction": "DESCENDING"}], properties=[UNIQUE], limit=3
    )
    first = client.crm.contacts.search_api.do_search(wanted)
    wanted.after = first.paging.next.after
    second = client.crm.contacts.search_api.do_search(wanted)
    return {"total": first.total, "keys": [one.properties[UNIQUE] for one in [*first.results, *second.results]]}


# Associations


@step
def associated() -> dict[str, Any]:
    one, two, three = batch_created[10:13]
    api, batch = client.crm.associations.v4.basic_api, client.crm.associations.v4.batch_api
    v4 = associations.v4
    default = api.create_default("contacts", one, "companies", company["id"])
    primary = v4.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=1)
    labelled = api.create("contacts", two, "companies", company["id"], [primary])
    pair = {"_from": v4.PublicObjectId(id=three), "to": v4.PublicObjectId(id=company["id"])}
    made = batch.create(
        "contacts", "companies", v4.BatchInputPublicAssociationMultiPost(inputs=[v4.PublicAssociationMultiPost(**pair, types=[primary])])
    )
    asked = v4.BatchInputPublicFetchAssociationsBatchRequest(inputs=[v4.PublicFetchAssociationsBatchRequest(id=key) for key in (one, two, three)])
    found = batch.get_page("contacts", "companies", asked)
    page = api.get_page("companies", company["id"], "contacts", limit=2)
    rest = api.get_page("companies", company["id"], "contacts", limit=2, after=page.paging.next.after)
    return {
        "ids": [one, two, three],
        "default": default.results[0].association_spec.association_type_id,
        "labels": [labelled.labels, made.results[0].labels],
        "types": {row._from.id: [kind.type_id for to in row.to for kind in to.association_types] for row in found.results},
        "pages": [[str(row.to_object_id) for row in part.results] for part in (page, rest)],
    }


@step
def dissociated() -> list[str]:
    one, two, _ = associated["ids"]
    v4 = associations.v4
    client.crm.associations.v4.basic_api.archive("contacts", one, "companies", company["id"])
    pair = v4.PublicAssociationMultiArchive(_from=v4.PublicObjectId(id=two), to=[v4.PublicObjectId(id=company["id"])])
    client.crm.associations.v4.batch_api.archive("contacts", "companies", v4.BatchInputPublicAssociationMultiArchive(inputs=[pair]))
    page = client.crm.associations.v4.basic_api.get_page("companies", company["id"], "contacts")
    return [str(row.to_object_id) for row in page.results]


@step
def labels() -> dict[str, Any]:
    found = client.crm.associations.v4.schema.definitions_api.get_all("contacts", "companies")
    return {row.type_id: row.label for row in found.results}


# What is sold


@step
def sold() -> dict[str, Any]:
    wanted = products.SimplePublicObjectInputForCreate(properties={"name": "Mulch", "price": "38.5", "hs_sku": "M-1"}, associations=[])
    product = client.crm.products.basic_api.create(wanted)
    invoice = client.crm.commerce.invoices.basic_api.create(
        objects.SimplePublicObjectInputForCreate(properties={"hs_currency": "USD", "hs_title": "Spring"}, associations=[])
    )
    type_of = objects.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=410)
    link = objects.PublicAssociationsForObject(to=objects.PublicObjectId(id=invoice.id), types=[type_of])
    line = client.crm.line_items.basic_api.create(
        objects.SimplePublicObjectInputForCreate(properties={"hs_product_id": product.id, "quantity": "2"}, associations=[link])
    )
    shown = client.crm.commerce.invoices.basic_api.get_by_id(invoice.id, properties=["hs_amount_billed"], associations=["line_items"])
    return {"product": plain(product), "line": plain(line), "invoice": plain(shown)}


@step
def pipelines() -> list[str]:
    [pipeline] = client.crm.pipelines.pipelines_api.get_all("deals").results
    return [stage.id for stage in pipeline.stages]


@step
def newest() -> dict[str, Any]:
    """What the client has no method for, by its plain requests."""
    account = client.api_request({"path": "/account-info/2026-09/details"})
    change = {"method": "PATCH", "path": f"/crm/objects/2026-09/contacts/{created['id']}", "body": {"properties": {"city": "Boulder"}}}
    return {"account": account.json()["portalId"], "contact": client.api_request(change).json()}


# The end of records, and of the connection


@step
def archived() -> dict[str, Any]:
    client.crm.contacts.basic_api.archive(batch_created[20])
    return refused(lambda: client.crm.contacts.basic_api.get_by_id(batch_created[20]))


@step
def merged() -> list[str]:
    one, two = batch_created[30:32]
    third = client.crm.contacts.basic_api.merge(contacts.PublicMergeInput(primary_object_id=one, object_id_to_merge=two))
    return [third.id, client.crm.contacts.basic_api.get_by_id(two).id]


@step
def forgotten() -> None:
    client.crm.contacts.basic_api.purge(contacts.PublicGdprDeleteInput(object_id="p040@crowd.example", id_property="email"))


@step
def throttled() -> dict[str, Any]:
    ask("switch", "limit=1")
    client.crm.contacts.basic_api.get_page()
    error = refused(lambda: client.crm.contacts.basic_api.get_page())
    ask("switch", "limit=null")
    return error


@step
def revoked() -> dict[str, Any]:
    connected().oauth.refresh_tokens_api.archive(refreshed["refresh"])
    again = {"grant_type": "refresh_token", "refresh_token": refreshed["refresh"], **APP}
    return {
        "call": refused(lambda: client.crm.contacts.basic_api.get_page()),
        "refresh": refused(lambda: connected().oauth.tokens_api.create(**again)),
        "describe": refused(lambda: connected().oauth.refresh_tokens_api.get(refreshed["refresh"])),
    }
