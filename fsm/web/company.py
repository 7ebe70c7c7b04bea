"""The company's settings and the branches it works from."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from .. import actions, counters
from ..company import the_company
from ..files import serve_private
from ..models import Branch
from ..permissions import May, requires
from ..states import NotPossible
from .forms import BranchForm, CompanyForm, NextNumberForm
from .pages import refuse_in_form, render_page


@requires(May.MANAGE_COMPANY)
def company(request: HttpRequest) -> HttpResponse:
    """Everything about the company that the house asks for."""
    standing = the_company()
    form = CompanyForm(request.POST or None, request.FILES or None, instance=standing)
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                actions.change_company(**form.values())
                messages.success(request, _("The company's settings are saved."))
                return redirect("fsm:company")
            except NotPossible as refusal:
                status = refuse_in_form(form, refusal)
    context = {
        "form": form,
        "logo": bool(the_company().logo),
        "branches": list(Branch.objects.all()),
        "numbering": counters.numbering(),
        "first_steps_away": standing.first_steps_dismissed_at is not None,
    }
    return render_page(request, "fsm/company.html", context, status=status)


@require_POST
@requires(May.MANAGE_COMPANY)
def continue_numbers(request: HttpRequest, kind: str) -> HttpResponse:
    """Let one kind of number go on from further on."""
    if kind not in counters.KINDS:
        raise Http404
    form = NextNumberForm(request.POST)
    if form.is_valid():
        try:
            counters.continue_from(kind, next_number=form.cleaned_data["next_number"])
            messages.success(request, _("The next number is set."))
        except NotPossible as refusal:
            messages.error(request, str(refusal))
    else:
        messages.error(request, _("Enter a whole number. Nothing was changed."))
    return redirect("fsm:company")


@require_safe
@requires(May.SIGN_IN)
def logo(request: HttpRequest) -> HttpResponseBase:
    """The company's logo."""
    file: FieldFile = the_company().logo
    return serve_private(request, file)


@require_safe
@requires(May.MANAGE_COMPANY)
def branches(request: HttpRequest) -> HttpResponse:
    """Every place the company works from."""
    return render_page(request, "fsm/branches.html", {"branches": list(Branch.objects.all())})


@requires(May.MANAGE_COMPANY)
def add_branch(request: HttpRequest) -> HttpResponse:
    """A further place."""
    form = BranchForm(request.POST or None, initial={"time_zone": the_company().time_zone})
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = actions.add_branch(**form.cleaned_data)
            messages.success(request, _("%(name)s is added.") % {"name": made.name})
            return redirect("fsm:branches")
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return render_page(request, "fsm/branch.html", {"form": form}, status=status)


@requires(May.MANAGE_COMPANY)
def edit_branch(request: HttpRequest, branch_uuid: UUID) -> HttpResponse:
    """Change a place."""
    branch = get_object_or_404(Branch.objects.visible_to(request.user), uuid=branch_uuid)
    name = branch.name
    form = BranchForm(request.POST or None, instance=branch)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            actions.change_branch(branch.pk, **form.cleaned_data)
            messages.success(request, _("The branch is saved."))
            return redirect("fsm:branches")
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return render_page(request, "fsm/branch.html", {"form": form, "branch_name": name}, status=status)
