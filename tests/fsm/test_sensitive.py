"""Whatever shows a gate code or hands out a file leaves a look; nothing of that kind is unmarked."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.urls import reverse

from customers.actions import edit_site
from customers.models import Site
from fsm.clock import now
from fsm.models import SensitiveLook
from fsm.states import Stale
from tests import factories as make
from tests.api.conftest import Program
from tests.conftest import client_of
from tests.test_permissions import addresses

GATE_CODE = "#4411-7"
# Not sensitive in themselves: the customer's own papers, pictures, the company's logo, all private files.
PAPERS = {"fsm/files.py", "billing/web/invoices.py", "customers/api/files.py"}
# Where a gate code is typed for a customer who is not there yet.
TYPED_ONLY = {"customers/add_customer.html"}
SHOWN_BY = {
    "customers/site.html": "customers:site",
    "customers/edit_site.html": "customers:edit-site",
    "dispatch/phone_visit.html": "dispatch:phone-visit",
    "dispatch/phone_correct.html": "dispatch:phone-correct",
}


@pytest.fixture
def opened(make_customer, make_job, olivia, tess, bea):
    """How each marked address is opened by somebody who may."""
    site = make_customer(site={"gate_code": GATE_CODE}).site
    job = make_job(
        customer=site.customer, site=site, technician=tess, starts_at=now() + timedelta(minutes=5), now=now()
    )
    batch = make.QuickBooksBatchFactory()
    done = site.history.latest("history_id").batch
    owner, phone = client_of(olivia), client_of(tess)
    paper = make.ComplianceDocumentFactory(file=ContentFile(b"%PDF-1.4", "paper.pdf"))
    file = {"as": "csv"}
    return {
        "customers:site": lambda: owner.get(reverse("customers:site", args=[site.uuid])),
        "customers:edit-site": lambda: owner.get(reverse("customers:edit-site", args=[site.uuid])),
        "dispatch:phone-visit": lambda: phone.get(reverse("dispatch:phone-visit", args=[job.visit.uuid])),
        "dispatch:phone-correct": lambda: phone.get(reverse("dispatch:phone-correct", args=[job.visit.uuid])),
        "fsm:trace": lambda: owner.get(reverse("fsm:trace", args=["site", site.uuid]), file),
        "fsm:timeline": lambda: owner.get(reverse("fsm:timeline", args=["site", site.uuid]), file),
        "fsm:batch": lambda: owner.get(reverse("fsm:batch", args=[done]), file),
        "fsm:looks": lambda: owner.get(reverse("fsm:looks"), file),
        "billing:download-quickbooks-batch": lambda: owner.get(
            reverse("billing:download-quickbooks-batch", args=[batch.uuid])
        ),
        "inventory:balance-file": lambda: owner.get(reverse("inventory:balance-file")),
        "inventory:disposal-file": lambda: owner.get(reverse("inventory:disposal-file")),
        "customers:import-problems": lambda: owner.get(
            reverse("customers:import-problems", args=[make.ImportRowFactory().import_batch_id])
        ),
        "equipment:outlook-csv": lambda: owner.get(reverse("equipment:outlook-csv")),
        "reports:report": lambda: owner.get(reverse("reports:report", args=["appliances"]), file),
        "reports:document": lambda: owner.get(reverse("reports:document", args=[paper.uuid])),
        "reports:evidence": lambda: owner.get(reverse("reports:evidence", args=[paper.circuit.unit.uuid])),
        "api:quickbooks-file": lambda: Program(bea).get(f"quickbooks/batches/{batch.uuid}/file/"),
    }


def marked():
    found = {}
    for name, _route, view in addresses():
        what = getattr(getattr(view, "cls", view), "hands_out", None)
        if what:
            found[name] = what
    return found


def test_every_address_that_is_marked_leaves_its_look(opened):
    kinds = marked()
    assert set(opened) == set(kinds)
    for name, what in kinds.items():
        before = SensitiveLook.objects.filter(what=what).count()
        answer = opened[name]()
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == 200, name
        assert SensitiveLook.objects.filter(what=what).count() == before + 1, name
        assert (GATE_CODE.encode() in body) == (what == "gate_code"), name


def test_every_module_that_makes_a_file_marks_who_hands_it_out():
    apps = [Path(settings.BASE_DIR) / app for app in settings.APPS]
    makes_file = re.compile(r"Content-Disposition|\bFileResponse\(|\bcsv_file\(")
    unmarked = {
        str(path.relative_to(settings.BASE_DIR))
        for app in apps
        for path in app.rglob("*.py")
        if makes_file.search(text := path.read_text()) and "hands_out(" not in text
    }
    assert unmarked - PAPERS - {"fsm/spreadsheets.py"} == set()


def test_gate_codes_stand_in_templates_of_marked_addresses_only():
    folder = Path(settings.BASE_DIR) / "templates"
    holds = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.html")
        if re.search(r"\.(gate_code|access_notes)\b", path.read_text())
    }
    assert holds - TYPED_ONLY == set(SHOWN_BY)
    assert {name for name, what in marked().items() if what == "gate_code"} == set(SHOWN_BY.values())


def test_an_edit_from_an_old_page_is_not_told_the_code_that_stands_there(make_customer, casey):
    site = make_customer(site={"gate_code": GATE_CODE}).site
    with pytest.raises(Stale) as refusal:
        edit_site(site.pk, version=site.version + 7, now=now(), gate_code="#1", access_notes="")
    assert refusal.value.theirs["Gate code"] == "•••"
    answer = Program(casey).post(
        f"sites/{site.uuid}/edit/",
        {
            **{name: getattr(site, name) for name in ("street", "city", "state", "postal_code")},
            "version": 99, "gate_code": "#1",
        },
    )  # fmt: skip
    assert answer.status_code in (409, 422)
    assert GATE_CODE not in answer.content.decode()
    assert Site.objects.get(pk=site.pk).gate_code == GATE_CODE
