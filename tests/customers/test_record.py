"""The record: its timeline, files, tags, verified numbers, roles of sites, a site that is sold, a call."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.exceptions import EmptyResultSet
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from customers import actions
from customers.models import Communication, CustomerFile, PhoneNumber, Site
from fsm.prepared import Prepared
from fsm.states import NotPossible
from fsm.timelines import Kind, Place, filters_of, timeline_of
from tests import factories as make
from tests.conftest import client_of
from tests.factories import instant

pytestmark = pytest.mark.django_db
NOW = instant()
TODAY = date(2026, 7, 14)


def said(customer, user, **asked):
    page = timeline_of(customer, user, **asked)
    return [entry.title for entry in page.entries], page.older


@pytest.fixture
def busy(make_customer, make_job, tess, olivia):
    """A customer with a bit of everything in the past."""
    customer = make_customer(name="Lisa Hall")
    for number in range(4):
        actions.add_note(customer.pk, body=f"note {number}")
        actions.log_call(customer.pk, body=f"call {number}", now=NOW - timedelta(hours=number))
    make.CommunicationFactory(customer=customer, subject="Your invoice", created_at=NOW - timedelta(days=1))
    make_job(customer=customer, technician=tess, starts_at=NOW - timedelta(days=2))
    return customer


def test_the_timeline_shows_everything_once_whatever_the_page_s_length(busy, casey):
    whole, older = said(busy, casey, limit=100)
    assert older is None
    assert len(whole) > 9
    for length in (1, 2, 3, 7):
        found, before = [], None
        for _ in range(100):
            page = timeline_of(busy, casey, limit=length, before=before)
            found += [entry.title for entry in page.entries]
            before = Place.parse(str(page.older)) if page.older else None
            if before is None:
                break
        assert found == whole


def test_the_timeline_is_narrowed_by_kind_and_by_technician(busy, casey, tess, make_unit, make_job):
    calls, _ = said(busy, casey, kind=Kind.CALL)
    assert len(calls) == 4
    assert said(busy, casey, kind=Kind.MESSAGE)[0] == ["Your invoice"]
    [technicians] = [found for found in filters_of(busy, casey) if found.name == "technician"]
    [(unique, name)] = technicians.choices
    assert name == tess.user.name if hasattr(tess, "user") else name
    visits, _ = said(busy, casey, technician=unique)
    assert len(visits) == 1
    unit = make_unit(site=busy.site)
    assert said(busy, casey, unit=unit.uuid)[0] == []


def test_an_access_note_s_words_stay_out_of_the_timeline(make_customer, casey):
    customer = make_customer(site={"gate_code": "#1"})
    site = customer.site
    actions.edit_site(site.pk, version=site.version, now=NOW, gate_code="#44719")
    page = timeline_of(customer, casey, kind=Kind.CHANGE)
    assert page.entries[0].detail == "gate code"
    assert "44719" not in str(page)


def test_older_entries_come_as_a_fragment_and_anything_may_be_asked(busy, casey_client):
    url = reverse("customers:timeline", args=[busy.uuid])
    page = timeline_of(busy, casey_client.user if hasattr(casey_client, "user") else _user("casey"), limit=2)
    answer = casey_client.get(url, {"before": str(page.older)}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert b"<html" not in answer.content
    for junk in ({"before": "x|y"}, {"kind": "' or"}, {"unit": "x"}, {"before": "2026-01-01T00:00:00|a|1"}):
        assert casey_client.get(url, junk).status_code == 200


def _user(name):
    from fsm.models import User

    return User.objects.get(username=name)


def test_the_record_costs_the_same_with_a_long_past(busy, casey_client, make_job, tess):
    url = reverse("customers:customer", args=[busy.uuid])
    casey_client.get(url)
    with CaptureQueriesContext(connection) as before:
        casey_client.get(url)
    for number in range(25):
        actions.add_note(busy.pk, body=f"more {number}")
        actions.log_call(busy.pk, body="again", now=NOW - timedelta(days=number + 3))
        make_job(customer=busy, technician=tess, starts_at=NOW - timedelta(days=number + 3))
        make.CustomerFileFactory(customer=busy)
    with CaptureQueriesContext(connection) as after:
        assert casey_client.get(url).status_code == 200
    assert len(after) == len(before) <= 20


def test_every_kept_statement_of_the_record_is_what_the_long_way_asks(
    busy, make_unit, casey, dana, olivia, bea, branch, monkeypatch
):
    """For each role, and for somebody who sees one branch: text for text, value for value."""
    make_unit(site=busy.site)
    limited = make.UserFactory(role=casey.role)
    limited.branch_limits.create(branch=branch)
    compared, ask = set(), Prepared.__call__

    def asked(kept, user, *shape, **given):
        statement = kept.statement(user, *shape, **given)
        try:
            sql, params = kept.queryset(user, *shape, **given).query.get_compiler("default").as_sql()
        except EmptyResultSet:
            sql, params = "", ()
        assert statement.sql.replace("(%s)", "%s") == sql.replace("(%s)", "%s"), kept
        assert statement.filled({"user": user.pk, **given}) == params, kept
        compared.add(f"{kept.__module__}.{kept.__name__}")
        return ask(kept, user, *shape, **given)

    monkeypatch.setattr(Prepared, "__call__", asked)
    for user in (olivia, dana, casey, bea, limited):
        answer = client_of(user).get(reverse("customers:customer", args=[busy.uuid]))
        assert answer.status_code == 200
        assert b"Lisa Hall" in answer.content
    for kind in Kind:
        assert timeline_of(busy, casey, kind=kind)
    assert len(compared) >= 11, compared


def picture(color="red"):
    file = BytesIO()
    Image.new("RGB", (40, 30), color).save(file, "PNG")
    return file.getvalue()


def test_a_picture_is_encoded_anew_a_pdf_stays_and_the_same_file_is_one(make_customer):
    customer = make_customer()
    photo = actions.add_file(customer.pk, data=picture(), name="C:\\roof.png", now=NOW)
    assert (photo.name, photo.content_type) == ("roof.jpg", "image/jpeg")
    assert photo.file.open("rb").read(3) == b"\xff\xd8\xff"
    paper = actions.add_file(customer.pk, data=b"%PDF-1.7 x", name="contract.pdf", now=NOW)
    assert paper.file.open("rb").read() == b"%PDF-1.7 x"
    assert actions.add_file(customer.pk, data=b"%PDF-1.7 x", name="again.pdf", now=NOW) == paper
    with pytest.raises(NotPossible):
        actions.add_file(customer.pk, data=b"MZ evil", name="roof.jpg", now=NOW)
    with pytest.raises(NotPossible, match="10 MB"):
        actions.add_file(customer.pk, data=b"%PDF-" + bytes(actions.LARGEST_FILE), name="a.pdf", now=NOW)


def test_a_file_opens_by_a_signed_address_until_it_is_removed_for_a_reason(make_customer, casey_client, dana):
    customer = make_customer()
    sent = SimpleUploadedFile("contract.pdf", b"%PDF-1.7 x", "application/pdf")
    casey_client.post(reverse("customers:add-file", args=[customer.uuid]), {"file": sent})
    row = CustomerFile.objects.get()
    url = reverse("customers:file", args=[row.uuid])
    signed = casey_client.get(url).url
    assert b"".join(casey_client.get(signed).streaming_content) == b"%PDF-1.7 x"
    assert client_of(dana).get(signed).status_code == 404
    remove = reverse("customers:remove-file", args=[row.uuid])
    assert casey_client.post(remove, {"because": " "}).status_code == 409
    casey_client.post(remove, {"because": "Wrong customer"})
    assert casey_client.get(signed).status_code == 404
    assert row.history.latest("history_id").history_change_reason == "Wrong customer"


def test_tags_are_words_once_whatever_their_case_and_narrow_the_list(make_customer, casey_client):
    customer, other = make_customer(name="Lisa Hall"), make_customer(name="Bob Stone")
    url = reverse("customers:add-tag", args=[customer.uuid])
    for word in ("VIP", "vip", "Gate  dog"):
        casey_client.post(url, {"tag": word})
    customer.refresh_from_db()
    assert customer.tags == ["VIP", "Gate dog"]
    assert customer.version == 1
    shown = casey_client.get(reverse("customers:customers"), {"tag": "VIP"}).content.decode()
    assert "Lisa Hall" in shown
    assert other.name not in shown
    casey_client.post(reverse("customers:remove-tag", args=[customer.uuid]), {"tag": "VIP"})
    customer.refresh_from_db()
    assert customer.tags == ["Gate dog"]


def test_a_number_is_verified_by_somebody_who_says_how(make_customer, casey_client, casey):
    customer = make_customer(phone="5125550142")
    phone = PhoneNumber.objects.get()
    url = reverse("customers:verify-reach", args=[phone.contact.uuid])
    assert casey_client.post(url, {"reach": phone.e164, "how": "guessed"}).status_code == 409
    casey_client.post(url, {"reach": phone.e164, "how": "called"})
    phone.refresh_from_db()
    assert (phone.verified_by, phone.verified_how) == (casey, "called")
    page = casey_client.get(reverse("customers:customer", args=[customer.uuid])).content.decode()
    assert "We called and they answered, Casey Nolan" in page


def test_an_expired_exemption_and_nobody_to_call_stand_on_top(make_customer, casey_client):
    customer = make_customer(is_taxable=False, tax_certificate_expires=date(2020, 1, 1))
    customer.contacts.update(is_active=False)
    page = casey_client.get(reverse("customers:customer", args=[customer.uuid])).content.decode()
    assert "The tax exemption expired." in page
    assert "No way to reach them." in page


def test_a_site_has_one_owner_and_only_approvers_have_a_limit(make_customer):
    site, owner = make_customer().site, make_customer()
    role = actions.add_site_role(site.pk, kind="owner", customer_id=owner.pk, from_on=TODAY)
    with pytest.raises(NotPossible, match="End it first"):
        actions.add_site_role(site.pk, kind="owner", customer_id=site.customer_id)
    with pytest.raises(NotPossible, match="limit"):
        actions.add_site_role(site.pk, kind="occupant", customer_id=owner.pk, not_to_exceed=Decimal(5))
    actions.end_site_role(role.pk, on=TODAY - timedelta(days=3))
    role.refresh_from_db()
    assert role.until_on == TODAY  # never before it began
    actions.add_site_role(site.pk, kind="owner", customer_id=site.customer_id, from_on=TODAY)
    actions.add_site_role(site.pk, kind="approver", customer_id=owner.pk, not_to_exceed=Decimal(500))


def test_who_approves_work_is_said_wherever_work_is_planned(make_customer, make_job, casey_client, tess):
    customer, landlord = make_customer(), make_customer(name="Ana Ruiz")
    site = customer.site
    add = {"kind": "approver", "customer_id": landlord.pk}
    actions.add_site_role(site.pk, **add, not_to_exceed=Decimal(500))
    former, later = make_customer(name="Old Owner"), make_customer(name="Next Owner")
    ended = actions.add_site_role(site.pk, kind="approver", customer_id=former.pk)
    actions.end_site_role(ended.pk, on=TODAY)
    actions.add_site_role(site.pk, kind="approver", customer_id=later.pk, from_on=date(2199, 1, 1))
    job = make_job(customer=customer, technician=tess)
    other = make.SiteFactory(customer=customer)
    booking = {"customer": customer.uuid, "site": site.uuid}
    for url, asked in (
        (reverse("customers:customer", args=[customer.uuid]), {}),
        (reverse("dispatch:book"), booking),
        (reverse("dispatch:book-site"), booking),
        (reverse("dispatch:job", args=[job.uuid]), {}),
        (reverse("dispatch:board-visit", args=[job.visit.uuid]), {}),
    ):
        page = casey_client.get(url, asked, headers={"HX-Request": "true"} if "site" in url else {})
        text = page.content.decode()
        assert text.count("Ana Ruiz approves the work: up to $500.00 without asking.") == 1, url
        assert "Old Owner" not in text
        assert "Next Owner" not in text
    elsewhere = casey_client.get(reverse("dispatch:book"), booking | {"site": other.uuid})
    assert "approves the work" not in elsewhere.content.decode()


def test_a_sold_site_takes_its_units_along_and_leaves_work_and_messages_behind(
    make_customer, make_unit, make_job, casey
):
    seller, buyer = make_customer(name="Lisa Hall"), make_customer(name="Bob Stone")
    site = seller.site
    unit = make_unit(site=site)
    role = actions.add_site_role(site.pk, kind="occupant", customer_id=seller.pk)
    message = make.CommunicationFactory(customer=seller)
    job = make_job(customer=seller, site=site)
    sale = {"to_customer_id": buyer.pk, "on": TODAY, "now": NOW}
    with pytest.raises(NotPossible, match=job.number):
        actions.sell_site(site.pk, **sale)
    assert Site.objects.get(pk=site.pk).customer == seller
    actions.sell_site(site.pk, **sale, leave_open_work=True)
    for row in (unit, role, message, job):
        row.refresh_from_db()
    assert unit.site.customer == buyer
    assert (job.customer, message.customer, role.until_on) == (seller, seller, TODAY)
    actions.sell_site(
        site.pk, to_customer_id=seller.pk, on=TODAY, now=NOW, leave_open_work=True
    )  # sold back: as it was
    assert Site.objects.get(pk=site.pk).customer == seller
    assert list(site.roles.filter(until_on=None).values_list("kind", "customer")) == [("owner", seller.pk)]


def test_a_site_is_sold_from_its_page_and_a_refusal_keeps_what_was_typed(
    make_customer, make_job, casey_client
):
    seller, buyer = make_customer(), make_customer(name="Bob Stone")
    job = make_job(customer=seller, site=seller.site)
    url = reverse("customers:sell-site", args=[seller.site.uuid])
    data = {"customer": buyer.number, "on": "2026-07-14"}
    refused = casey_client.post(url, data)
    assert refused.status_code == 409
    assert job.number in refused.content.decode()
    assert casey_client.post(url, data | {"leave_open_work": "on"}).status_code == 302
    assert Site.objects.get(pk=seller.site.pk).customer == buyer


def test_a_call_opens_the_record_it_belongs_to_and_is_logged_once(make_customer, casey_client):
    customer = make_customer(phone="5125550142")
    url = reverse("calls:incoming")
    for number in ("+15125550142", "(512) 555-0142", "512.555.0142"):
        answer = casey_client.get(url, {"number": number, "call": "CA1"})
        assert answer.url == reverse("customers:customer", args=[customer.uuid])
    assert Communication.objects.filter(channel="call", direction="in").count() == 1
    casey_client.get(url, {"number": "5125550142", "call": "CA2"})
    assert Communication.objects.filter(channel="call").count() == 2


def test_a_number_of_several_asks_and_an_unknown_one_begins_a_customer(make_customer, casey_client):
    first, _second = make_customer(phone="5125550142"), make_customer(phone="5125550142")
    url = reverse("calls:incoming")
    choice = casey_client.get(url, {"number": "5125550142"})
    assert first.name in choice.content.decode()
    assert not Communication.objects.exists()
    taken = casey_client.get(url, {"number": "5125550142", "customer": str(first.uuid)})
    assert taken.url == reverse("customers:customer", args=[first.uuid])
    unknown = casey_client.get(url, {"number": "512 555 0199", "name": "Lisa Hall"}, follow=True)
    page = unknown.content.decode()
    assert "(512) 555-0199" in page
    assert 'value="Lisa"' in page
    assert casey_client.get(url, {"number": "12"}).status_code == 422


def test_an_empty_search_offers_what_was_opened_last(make_customer, casey_client):
    customers = [make_customer(name=f"Customer {number}") for number in range(12)]
    for customer in [*customers, customers[3]]:
        casey_client.get(reverse("customers:customer", args=[customer.uuid]))
    options = casey_client.get(reverse("fsm:search"), headers={"HX-Request": "true"}).content.decode()
    assert options.count('role="option"') == 10
    assert options.index("Customer 3<") < options.index("Customer 11<") < options.index("Customer 10<")
    assert "Customer 0<" not in options


def test_a_visit_is_rescheduled_from_the_record_and_one_stays_there(
    make_customer, make_job, tess, tom, casey_client
):
    customer = make_customer()
    job = make_job(customer=customer, technician=tess, starts_at=instant(11))
    visit = job.visit
    url = reverse("dispatch:reschedule-visit", args=[visit.uuid])
    record = reverse("customers:customer", args=[customer.uuid])
    assert url in casey_client.get(record).content.decode()
    asked = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{record}"}
    form = casey_client.get(url, headers=asked).content.decode()
    assert "Tess Ramirez" in form
    holder = visit.assignments.get().technician
    data = {
        "technician": holder.uuid, "from_technician": holder.uuid, "day": "2026-07-16", "time": "09:30",
        "minutes": 60, "version": visit.version,
    }  # fmt: skip
    answer = casey_client.post(url, data, headers=asked)
    assert answer.headers["HX-Redirect"] == record
    visit.refresh_from_db()
    assert visit.starts_at.isoformat() == "2026-07-16T14:30:00+00:00"
    assert casey_client.post(url, data, headers=asked).status_code == 409  # the version is an old one
