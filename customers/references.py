"""How pages of other apps name and link customers, sites, contacts and messages."""

from __future__ import annotations

from django.urls import reverse

from fsm.references import refers

from .models import Communication, Contact, Customer, ImportBatch, Site

refers("customer", Customer, url=lambda row: reverse("customers:customer", args=[row.uuid]))
refers("site", Site, url=lambda row: reverse("customers:site", args=[row.uuid]))
refers(
    "contact",
    Contact,
    url=lambda row: reverse("customers:customer", args=[row.customer.uuid]),
    related=("customer",),
)
refers("communication", Communication, url=lambda row: reverse("customers:communication", args=[row.uuid]))
refers("import", ImportBatch, url=lambda row: reverse("customers:import", args=[row.pk]))
