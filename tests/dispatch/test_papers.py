"""The owner's papers leave the house when the work is complete."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from customers.models import Communication
from dispatch import actions
from equipment.actions import record_refrigerant
from equipment.models import ComplianceDocument
from fsm.references import Reference
from tests import factories as make
from tests.factories import instant
from tests.queue import run_queued_tasks

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("handled", [True, False])
def test_complete_work_on_refrigerant_sends_its_papers_once(make_job, tess, handled):
    job = make_job(now=instant(12), technician=tess, starts_at=instant(15))
    me = {"technician_id": tess.technician.pk}
    actions.go_en_route(job.visit.pk, now=instant(14), **me)
    actions.arrive(job.visit.pk, now=instant(15), **me)
    if handled:
        record_refrigerant(
            uuid=uuid.uuid4(),
            circuit_id=make.CircuitFactory(unit=make.UnitFactory(site=job.site)).pk,
            kind="added",
            ounces=Decimal(20),
            technician_id=tess.pk,
            happened_at=instant(15, 10),
            now=instant(15, 20),
            work=Reference("visit", job.visit.uuid),
        )
    make.EmailAddressFactory(contact__customer=job.customer, address="owner@example.com", is_primary=True)
    actions.complete_visit(job.visit.pk, now=instant(16), parts_confirmed=True, **me)
    ran = [name for name in run_queued_tasks() if "papers" in name]
    sent = Communication.objects.filter(template="service_documents")
    assert len(ran) == sent.count() == ComplianceDocument.objects.count() == int(handled)
    if handled:
        assert job.number in sent.get().subject
        job.refresh_from_db()
        actions.papers.hand_over_papers(job_id=job.pk)
        assert sent.count() == 1
