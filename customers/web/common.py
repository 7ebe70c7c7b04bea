"""What several customer pages share."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from fsm.models import Branch
from fsm.prepared import prepared
from fsm.states import NotPossible

from ..models import Contact, Customer, Site


def seen_customer(request: HttpRequest, customer_uuid: UUID) -> Customer:
    """The customer that the uuid leads to, where this person may see them, else 404."""
    if found := _seen(request.user, unique=customer_uuid):
        return found[0]
    raise Http404(_("There is no such customer."))


@prepared
def _seen(user: Any, *, unique: Any) -> QuerySet[Customer]:
    return Customer.objects.visible_to(user).for_record().at(unique)


def seen_site(request: HttpRequest, site_uuid: UUID) -> Site:
    """The site where this person may see it, else 404."""
    sites = Site.objects.visible_to(request.user).select_related("customer", "branch")
    return get_object_or_404(sites, uuid=site_uuid)


def seen_contact(request: HttpRequest, contact_uuid: UUID) -> Contact:
    """The contact of a customer this person may see, else 404."""
    contacts = Contact.objects.visible_to(request.user).select_related("customer")
    return get_object_or_404(contacts.prefetch_related("phones", "emails", "consents"), uuid=contact_uuid)


def take_up(form: Any, version: int) -> None:
    """Give the form the version that stands now: saving it again overrules what was changed."""
    form.data = form.data.copy()
    form.data["version"] = version


def branches_of(request: HttpRequest) -> list[Branch]:
    """The branches this person may choose from."""
    return list(Branch.objects.visible_to(request.user).filter(is_active=True))


def meant(request: HttpRequest, text: str, *, field: str) -> int | None:
    """The key of the customer whose number or uuid the text begins with; None for nothing, else a refusal."""
    given = text.split()[:1]
    if not given:
        return None
    wanted = Q(number__iexact=given[0])
    with suppress(ValueError):
        wanted |= Q(uuid=UUID(given[0]))
    named = Customer.objects.filter(wanted).values(living=Coalesce("merged_into_id", "pk"))
    found: int | None = (
        Customer.objects.visible_to(request.user).filter(pk__in=named).values_list("pk", flat=True).first()
    )
    if found is None:
        raise NotPossible(_("No customer has the number “%(text)s”.") % {"text": given[0]}, field=field)
    return found


def way_back(request: HttpRequest) -> str:
    """Where the asker wants to go afterwards, where that is a page of ours."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    return url if url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}) else ""


def with_query(url: str, **values: Any) -> str:
    """The address with values added to its query."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | {key: str(value) for key, value in values.items() if value}
    return urlunsplit(parts._replace(query=urlencode(query)))
