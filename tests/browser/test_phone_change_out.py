"""A change-out on a phone of 390 px: recovery into a cylinder, a flagged reading, the old unit retired."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from django.utils import timezone
from playwright.sync_api import expect

from dispatch import actions
from equipment.models import RefrigerantRecord, UnitStatus
from inventory.actions import add_cylinder
from tests import factories as make

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}


def test_a_change_out_with_one_thumb(house, tess, make_customer, make_unit, make_job):
    template = make.ChecklistTemplateFactory()
    make.ChecklistItemFactory(
        template=template, text="Supply split", kind="reading", unit="°F", reading_key="delta_t"
    )
    customer, now = make_customer(name="Lisa Hall"), timezone.now()
    old = make_unit(site=customer.site, name="Old AC", installed_on=now.date() - timedelta(days=5000))
    kind = make.JobTypeFactory(name="Change-out", needs_recovery=True, checklist=template)
    job = make_job(
        customer=customer,
        technician=tess,
        job_type=kind,
        starts_at=now.replace(minute=0, second=0, microsecond=0),
        now=now - timedelta(days=2),
        unit_ids=[old.pk],
    )
    new = make_unit(site=customer.site, name="New AC", installed_on=now.date())
    recovery = add_cylinder(
        uuid=uuid4(),
        number="REC-7",
        refrigerant_id=old.circuit.refrigerant_id,
        kind="recovery",
        origin="to_reclaim",
        place_id=tess.technician.truck.pk,
        capacity_oz=Decimal(800),
        now=now,
    )
    actions.arrive(job.visit.pk, technician_id=tess.technician.pk, now=now)
    page = house.open(tess, f"/phone/visits/{job.visit.uuid}/checklist/", **PHONE)
    bottom = page.locator("section.bottom")
    page.get_by_label("Supply split").fill("9")
    page.get_by_label("Supply split").press("Enter")
    expect(page.locator(".check-line")).to_contain_text("is under 16 °F")
    bottom.get_by_role("link", name="Done").click()

    bottom.get_by_role("link", name="Complete").click()
    page.get_by_label("No parts were used").check()
    bottom.get_by_role("button", name="Finish the visit").click()
    expect(page.locator("#refusal")).to_contain_text("recovered from Old AC, circuit 1 for disposal")
    page.get_by_role("link", name=re.compile("recovered from Old AC")).click()

    page.get_by_label(re.compile("^Old AC")).check()
    expect(page.get_by_label("Recovered", exact=True)).to_be_checked()
    expect(page.get_by_label("From which cylinder")).to_be_hidden()
    page.get_by_label("Into which cylinder").select_option(value=str(recovery.uuid))
    page.get_by_label("Pounds").fill("90")
    bottom.get_by_role("button", name="Record it").click()
    expect(page.locator("#refusal")).to_contain_text("more than three times the full charge")
    page.get_by_label("Pounds").fill("6")
    bottom.get_by_role("button", name="Record it").click()
    expect(page.get_by_text("Recovered 6 lb 0 oz")).to_be_visible()
    expect(page.get_by_label("Added", exact=True)).to_be_checked()  # the new unit's charge comes next
    page.get_by_role("link", name="Back").click()

    page.get_by_label("No parts were used").check()
    expect(page.get_by_label("What became of Old AC?")).to_have_value(str(new.uuid))
    bottom.get_by_role("button", name="Finish the visit").click()
    expect(page.get_by_text("The work is complete.")).to_be_visible()
    old.refresh_from_db()
    recovery.refresh_from_db()
    assert (old.status, old.replaced_by, recovery.content_oz) == (UnitStatus.RETIRED, new, 96)
    assert RefrigerantRecord.objects.get().purpose == "disposal"
