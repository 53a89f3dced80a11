"""Judges what travels between the connectors and the simulations, in every test, by the machine-readable descriptions of both APIs.

    reference.py      where these descriptions are: the folder REFERENCE_DIR, outside this repository
    shape.py          a JSON Schema, compiled, that names what is wrong with a body and where
    hubspot.py        HubSpot's calls; `openapi.py` reads its OpenAPI files and the inventory of its endpoints
    quickbooks.py     QuickBooks Online's calls; `entities.py` makes schemas of the members that its XSD declares, and lists where REST differs
    watch.py          sees every exchange that an `App` serves, and keeps what is wrong
    plugin.py         makes the test fail in which something was wrong, or says that nothing could be judged
    children/         makes the simulations in other processes be watched too

What a connector sends is judged always, what the test itself sends never: tests send wrong things on purpose. What a simulation answers is judged
always, what a hook answers in its place never.
"""
