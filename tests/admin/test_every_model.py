"""Every model in the admin: there, looked at within a budget, changed by nobody past the actions."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from equipment.models import Maker
from fsm.admin_base import HIDDEN, SEES, HouseAdmin, SetUpAdmin
from fsm.permissions import ROLES, May, Role
from tests import factories as make
from tests.conftest import client_of
from tests.test_architecture import our_models

# What no action owns and no page changes: set up in the admin.
SET_UP = {
    "equipment.Maker", "equipment.Refrigerant", "equipment.TechnicianCertificate",
    "equipment.ComplianceRule", "equipment.UnitModel", "inventory.RecoveryMachine",
    "dispatch.ChecklistItem", "dispatch.ChecklistTemplate", "dispatch.JobType", "dispatch.JobTypeSkill",
    "dispatch.Shift", "dispatch.Skill", "dispatch.Technician", "dispatch.TechnicianSkill",
    "dispatch.TimeOff",
}  # fmt: skip
LIST_BUDGET, PAGE_BUDGET = 14, 12
MANY = 20


def registry():
    return dict(admin.site._registry)


def address(model, page, row=None):
    opts = model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=[row.pk] if row else [])


def one_more(model, number):
    """A row of the model, unlike the others where its factory would find the first again."""
    factory = getattr(make, f"{model.__name__}Factory", None)
    if factory is None:  # tests/fsm/test_factories.py asks for it
        return
    unlike = {
        "Refrigerant": {"designation": f"R-{number}"},
        "Maker": {"name": f"Maker {number}"},
        "TaxRate": {"name": f"Texas {number}", "city": f"City {number}"},
    }.get(model.__name__, {})
    below = {"ChecklistItem": "template"}.get(model.__name__)  # as many below one row as on a page of it
    if below and model._default_manager.exists():
        unlike[below] = getattr(model._default_manager.first(), below)
    factory(**unlike)


def fill(up_to):
    """So many rows of every model, or as many as there can be; from the top, so that what they stand on is
    there by then.
    """
    for model in reversed(our_models()):
        for number in range(model._default_manager.count(), up_to):
            try:
                with transaction.atomic():
                    one_more(model, number)
            except IntegrityError:
                break


def files(model):
    return {f.name for f in model._meta.fields if isinstance(f, models.FileField | models.BinaryField)}


def queries_of(client, url):
    with CaptureQueriesContext(connection) as caught:
        answer = client.get(url)
        assert answer.status_code == 200, url
    return len(caught)


def test_every_model_of_ours_is_there_and_nobody_elses():
    assert set(registry()) == set(our_models())
    assert all(isinstance(one, HouseAdmin) for one in registry().values())


def test_only_what_no_action_owns_is_set_up_here():
    assert {model._meta.label for model, one in registry().items() if isinstance(one, SetUpAdmin)} == SET_UP
    for model in registry():
        if model._meta.label in SET_UP:
            names = {field.name for field in model._meta.concrete_fields}
            assert not names & {"state", "version", "total", "amount", "on_hand"}, model


def test_every_page_costs_the_same_with_one_row_and_with_many(company, branch, olivia, settings):
    """Lists, pages and histories of all models, as the owner sees them."""
    client, counts = client_of(olivia), {}
    firsts = {}
    for rows in (1, MANY):
        settings.SIMPLE_HISTORY_ENABLED = rows == 1  # the many come without, for speed
        fill(rows)
        for model in registry():
            first = firsts.setdefault(model, model._default_manager.order_by("pk").first())
            if first is None:
                continue
            urls = {
                "changelist": address(model, "changelist"),
                "change": address(model, "change", first),
            }
            if model.__name__ in {"Job", "Visit", "Shift", "OutboxRow"}:
                urls["history"] = address(model, "history", first)
            for page, url in urls.items():
                counts.setdefault((model._meta.label, page), []).append(queries_of(client, url))
    grew = {what: found for what, found in counts.items() if found[0] < found[-1]}
    assert grew == {}
    budgets = {"changelist": LIST_BUDGET, "change": PAGE_BUDGET, "history": LIST_BUDGET}
    over = {what: found for what, found in counts.items() if found[-1] > budgets[what[1]]}
    assert over == {}
    many = [model for model in registry() if model._default_manager.count() >= MANY]
    assert len(many) >= 55


def test_nobody_deletes_and_actions_alone_change(company, branch, olivia, bea, rf):
    """One row of each model, what the owner and the bookkeeper get, and what stands on the pages."""
    fill(1)
    owner, books, wrong = client_of(olivia), client_of(bea), []
    request = rf.get("/admin/")
    for model, one in registry().items():
        row = model._default_manager.order_by("pk").first()
        if row is None:
            continue
        label, is_set_up = model._meta.label, model._meta.label in SET_UP
        change = address(model, "change", row)
        answers = [
            owner.post(address(model, "delete", row), {"post": "yes"}).status_code == 403,
            is_set_up or owner.post(change, {"name": "Another"}).status_code == 403,
            not is_set_up or books.post(change, {"name": "Another"}).status_code == 403,
            one.deeds != () or owner.post(address(model, "changelist"), {"action": "x"}).status_code == 405,
            model._default_manager.filter(pk=row.pk).exists(),
        ]
        for request.user in (olivia, bea):
            sets_up = is_set_up and request.user == olivia
            shown = set(one.get_fields(request, row))
            answers += [
                not one.has_delete_permission(request, row),
                one.has_change_permission(request, row) == sets_up,
                one.has_add_permission(request) == (sets_up and label != "dispatch.Technician"),
                sets_up or set(one.get_readonly_fields(request, row)) >= shown,
                not (shown | set(one.list_display)) & (HIDDEN | files(model)),
            ]
        if not all(answers):
            wrong.append((model._meta.label, answers))
    assert wrong == []


def test_a_gate_code_is_not_told_by_list_page_or_history(company, olivia):
    site = make.SiteFactory(gate_code="4711#", access_notes="Key under the pot")
    client = client_of(olivia)
    for page in ("change", "history"):
        text = client.get(address(type(site), page, site)).content.decode()
        assert "4711#" not in text
        assert "Key under" not in text
    assert "4711#" not in client.get(address(type(site), "changelist")).content.decode()


# Who may --------------------------------------------------------------------------------------------


ENTERS = {Role.OWNER, Role.MANAGER, Role.BOOKKEEPER}


@pytest.mark.parametrize("role", list(Role))
def test_a_role_sees_in_the_admin_what_it_sees_on_the_pages(company, rf, role):
    request = rf.get("/admin/")
    request.user = make.UserFactory(role=role)
    client = client_of(request.user)
    for url in ("/admin/", address(Maker, "changelist"), address(Maker, "add"), "/admin/jsi18n/"):
        expected = 200 if role in ENTERS else 403
        assert client.get(url).status_code == (403 if "add" in url and role == Role.BOOKKEEPER else expected)
    assert (May.USE_ADMIN in ROLES[role]) == (role in ENTERS)
    assert (May.SET_UP in ROLES[role]) == (role in {Role.OWNER, Role.MANAGER})
    for model, one in registry().items():
        sees = one.sees or SEES.get(model._meta.app_label, May.SEE_HOUSE)
        assert one.has_view_permission(request) == ({sees, May.USE_ADMIN} <= ROLES[role]), model
        assert set(one.get_actions(request)) == {deed.name for deed in one.deeds if deed.may in ROLES[role]}
    people = {"User", "ApiToken", "Invitation", "SignIn", "UserBranch"}
    assert people <= {model.__name__ for model, one in registry().items() if one.sees == May.MANAGE_PEOPLE}


def test_the_signed_out_go_to_the_houses_own_log_in(client, company):
    log_in = reverse("fsm:log-in")
    for url in ("/admin/", address(Maker, "changelist"), "/admin/jsi18n/", "/admin/autocomplete/"):
        answer = client.get(url)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(f"{log_in}?next=%2Fadmin%2F")
    assert client.post("/admin/login/", {"username": "x", "password": "y"}).headers["Location"] == (
        f"{log_in}?next=%2Fadmin%2F"
    )
    for gone in ("logout/", "password_change/", "r/1/1/"):
        assert client.get(f"/admin/{gone}").status_code in (302, 404)


def test_what_belongs_to_another_branch_is_not_there(branch, marcus):
    make.UserBranchFactory(user=marcus, branch=branch)
    waco = make.BranchFactory(name="Waco")
    site = make.SiteFactory(customer__branch=waco)
    phone = make.PhoneNumberFactory(contact__customer=site.customer)
    job = make.JobFactory(site=site)
    check = make.VisitCheckFactory(visit__job=job)
    line = make.InvoiceLineFactory(invoice__job=job)
    client = client_of(marcus)
    for row in (site, site.customer, phone, job, check, check.visit, line, line.invoice):
        model = type(row)
        assert client.get(address(model, "history", row)).status_code == 404, model
        assert client.get(address(model, "change", row)).status_code == 302, model  # to the first page
        assert "0 " in client.get(address(model, "changelist")).content.decode().split("paginator")[1], model
