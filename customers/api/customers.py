"""Customers: found, shown, added, changed, tagged."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fsm.api.fields import Day, Input, OneOf, Seen, Text, Unique, Whole, YesNo
from fsm.api.views import Deed, Listing, One, seen_again
from fsm.clock import now
from fsm.permissions import May
from fsm.states import Stale

from .. import actions
from ..addresses import STATES
from ..lookalikes import find_lookalikes
from ..models import Customer, CustomerKind, Language, Terms
from ..querysets import find_customers
from ..web.filters import CustomerFilter
from .shapes import (
    AddressInput,
    CustomerOutput,
    CustomerWhole,
    emails_input,
    phones_input,
    seen_branches,
    seen_customers,
    usual_branch,
    whole_customers,
)

FOUND_IN_LIST = 500


class Customers(Listing):
    """Everybody we work for, by name."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = CustomerOutput
    order = ("name", "pk")
    filterset = CustomerFilter
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_customers(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By name, phone, address, e-mail or number, as on the page; the best 500."""
        return rows.filter(pk__in=[hit.pk for hit in find_customers(text, self.user, FOUND_IN_LIST)])


class ShowCustomer(One):
    """One customer with contacts and sites."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = CustomerWhole

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return whole_customers(self.user)


class NamesInput(Input):
    """Who the customer is and how they pay."""

    company_name = Text(most=120, required=False)
    first_name = Text(most=60, required=False)
    last_name = Text(most=60, required=False)
    terms = OneOf(choices=Terms.values, required=False)
    is_taxable = YesNo(required=False)
    tax_certificate = Text(most=60, required=False)
    tax_certificate_expires = Day(required=False, allow_null=True)
    lead_source = Text(most=60, required=False)
    language = OneOf(choices=Language.values, required=False, help_text="What messages are written in.")
    branch = Seen(seen_branches, required=False)


class AddCustomer(Deed):
    """Put a customer on record, with contact, phones, first site and a note, all or nothing."""

    may = May.EDIT_CUSTOMERS
    status = 201
    OutputSerializer = CustomerWhole

    class InputSerializer(NamesInput):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same customer.")
        kind = OneOf(choices=CustomerKind.values)
        contact_name = Text(most=120, required=False)
        contact_role = Text(most=60, required=False)
        phones = phones_input()
        emails = emails_input()
        site = AddressInput(required=False)
        note = Text(most=4000, required=False)
        confirm_new = YesNo(
            required=False,
            help_text="Add although somebody on record looks the same; without it that is refused (409), and "
            "theirs.candidates names them.",
        )

    def do(self, data: dict[str, Any]) -> Customer:
        """Add and show; somebody who is on record already is named instead."""
        if not data.pop("confirm_new", False):
            self._refuse_copies(data)
        branch = data.pop("branch", None) or usual_branch(self.user)
        made = actions.add_customer(**data, branch_id=branch.pk if branch else None, now=now())
        customer: Customer = seen_again(whole_customers(self.user), made.pk)
        return customer

    def _refuse_copies(self, data: dict[str, Any]) -> None:
        if "uuid" in data and Customer.objects.filter(uuid=data["uuid"]).exists():
            return
        site = data.get("site", {})
        address = {name: site.get(name, "") for name in ("street", "unit", "city", "state", "postal_code")}
        names = {name: data.get(name, "") for name in ("first_name", "last_name", "company_name")}
        found = find_lookalikes(
            self.user, **names, phones=data.get("phones", ()), emails=data.get("emails", ()), **address
        )
        if likely := [one for one in found if one.is_likely]:
            raise Stale(
                _("Somebody on record looks the same. Use them, or send confirm_new."),
                theirs={
                    "candidates": [
                        {
                            "uuid": str(one.customer.uuid),
                            "number": one.customer.number,
                            "name": one.customer.name,
                            "because": one.because,
                        }
                        for one in likely
                    ]
                },
            )


class EditCustomer(Deed):
    """Change what the record says; what is not sent stays."""

    may = May.EDIT_CUSTOMERS
    OutputSerializer = CustomerWhole

    class InputSerializer(NamesInput):
        version = Whole(least=1, help_text="Of what you read.")
        kind = OneOf(choices=CustomerKind.values, required=False)
        parent: Any = Seen(lambda user: Customer.objects.visible_to(user), required=False, allow_null=True)
        bill_to = Seen(lambda user: Customer.objects.visible_to(user), required=False, allow_null=True)
        billing_street = Text(most=120, required=False)
        billing_unit = Text(most=40, required=False)
        billing_city = Text(most=60, required=False)
        billing_state = OneOf(choices=["", *STATES], required=False)
        billing_postal_code = Text(most=10, required=False)
        is_active = YesNo(required=False)

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_customers(self.user)

    def do(self, data: dict[str, Any]) -> Customer:
        """Change and show."""
        for name in {"parent", "bill_to", "branch"} & data.keys():
            other = data.pop(name)
            data[f"{name}_id"] = other.pk if other else None
        actions.edit_customer(self.thing.pk, **data)
        customer: Customer = seen_again(whole_customers(self.user), self.thing.pk)
        return customer


class CustomerDeed(Deed):
    """Something done to a customer, who is shown afterwards."""

    may = May.EDIT_CUSTOMERS
    OutputSerializer = CustomerOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_customers(self.user)

    def shown(self, thing: Any, **more: Any) -> Any:
        """As it stands now."""
        return super().shown(seen_customers(self.user).get(pk=thing.pk), **more)


class RefuseService(CustomerDeed):
    """Book nothing for this customer any more, for a reason."""

    class InputSerializer(Input):
        reason = Text(most=200)

    def do(self, data: dict[str, Any]) -> Customer:
        """Forbid."""
        return actions.set_do_not_service(self.thing.pk, on=True, reason=data["reason"])


class AllowService(CustomerDeed):
    """Book jobs for this customer again."""

    def do(self, data: dict[str, Any]) -> Customer:
        """Allow."""
        return actions.set_do_not_service(self.thing.pk, on=False)


class HoldCredit(CustomerDeed):
    """Put the customer on credit hold."""

    def do(self, data: dict[str, Any]) -> Customer:
        """Hold."""
        return actions.set_credit_hold(self.thing.pk, on=True)


class ReleaseCredit(CustomerDeed):
    """Take the customer off credit hold."""

    def do(self, data: dict[str, Any]) -> Customer:
        """Release."""
        return actions.set_credit_hold(self.thing.pk, on=False)


class AddTag(CustomerDeed):
    """Put a word on a customer; one that is there already, in any case, stays as it is."""

    class InputSerializer(Input):
        tag = Text(most=40)

    def do(self, data: dict[str, Any]) -> Customer:
        """Put it there."""
        return actions.add_tag(self.thing.pk, **data)


class RemoveTag(CustomerDeed):
    """Take a word off a customer; one that is not there is no mistake."""

    class InputSerializer(Input):
        tag = Text(most=40)

    def do(self, data: dict[str, Any]) -> Customer:
        """Take it off."""
        return actions.remove_tag(self.thing.pk, **data)
