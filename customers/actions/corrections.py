"""What a technician corrects on site: taken at once, or proposed where the office changed the same thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.models import Review
from fsm.ownership import Door, Verdict, verdict
from fsm.permissions import May
from fsm.references import ref_of
from fsm.reviews import ask_for_review, reviewable
from fsm.states import NotPossible, Stale

from ..models import Contact, Customer, Site
from ..phones import find_phones, format_us
from .records import edit_contact
from .sites import ADDRESS_FIELDS, edit_site, move_site

CONTACT_REVIEW, SITE_REVIEW = "contact.correction", "site.correction"
LIMIT = timedelta(days=2)


@dataclass(frozen=True)
class Corrected:
    """What became of a correction: it holds, or it waits for the office and this review says why."""

    waits: Review | None = None

    @property
    def sentence(self) -> str:
        """What the technician reads."""
        if self.waits is None:
            return _("Saved on the customer's record.")
        return _("Sent to the office as a proposal: %(why)s") % {"why": self.waits.asked_because}


@transaction.atomic
def correct_contact(
    contact_id: int,
    *,
    seen_version: int,
    now: datetime,
    name: str = "",
    old_phone: str = "",
    new_phone: str = "",
) -> Corrected:
    """Correct a contact's name or one of its numbers from the field; blank leaves a fact as it is.

    `seen_version` is the version that the phone showed. Where the office changed the same fact since, its
    word holds and the correction waits in the review queue, with both values.
    """
    customer_id = Contact.objects.values_list("customer_id", flat=True).get(pk=contact_id)
    Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    contact = Contact.objects.select_for_update(no_key=True).select_related("customer").get(pk=contact_id)
    wanted = _wanted_of_contact(contact, name, old_phone, new_phone)
    if not wanted:
        raise NotPossible(_("Nothing is different from what stands on the record."))
    standing = _standing_of_contact(contact)
    conflicts = _contact_conflicts(contact, seen_version, wanted, old_phone)
    if verdict("contact.reach", Door.FIELD, conflicts=conflicts) is Verdict.APPLY:
        _write_contact(contact, wanted)
        return Corrected()
    return Corrected(
        ask_for_review(
            kind=CONTACT_REVIEW,
            subject=ref_of(contact),
            subject_label=f"{contact.customer.name}: {contact.name}",
            title=_("Correction from the field: %(name)s") % {"name": contact.name},
            before=_words(standing),
            after=_words(standing | wanted),
            payload={"contact_id": contact.pk, "before": standing, "wanted": wanted},
            limit=LIMIT,
            now=now,
            because=_("the office changed this while you were out; the office's entry holds until decided."),
            branch_id=contact.customer.branch_id,
            key=f"{CONTACT_REVIEW}:{contact.pk}:{','.join(sorted(wanted))}",
        )
    )


@transaction.atomic
def correct_site(site_id: int, *, seen_version: int, now: datetime, **fields: str) -> Corrected:
    """Correct a site's address or how one gets in from the field, under the same guard as every door.

    Where the office changed one of the same fields since `seen_version`, the correction waits with both.
    """
    site = Site.objects.select_for_update(no_key=True).select_related("branch", "customer").get(pk=site_id)
    wanted = {name: text.strip() for name, text in fields.items() if text.strip() != getattr(site, name)}
    if not wanted:
        raise NotPossible(_("Nothing is different from what stands on the record."))
    seen = site.history.filter(id=site.pk, version=seen_version).order_by("-history_id").first()
    conflicts = seen is None or any(getattr(seen, name) != getattr(site, name) for name in wanted)
    fact = "site.address" if wanted.keys() & set(ADDRESS_FIELDS) else "site.access"
    if verdict(fact, Door.FIELD, conflicts=conflicts) is Verdict.APPLY:
        return Corrected(edit_site(site.pk, version=site.version, now=now, **wanted).waits)
    standing = {name: getattr(site, name) for name in wanted}
    return Corrected(
        ask_for_review(
            kind=SITE_REVIEW,
            subject=ref_of(site),
            subject_label=site.one_line,
            title=_("Correction from the field: %(site)s") % {"site": site.one_line},
            before=_site_words(site, standing),
            after=_site_words(site, wanted),
            payload={"site_id": site.pk, "before": standing, "wanted": wanted},
            limit=LIMIT,
            now=now,
            because=_("the office changed this while you were out; the office's entry holds until decided."),
            branch_id=site.branch_id,
            key=f"{SITE_REVIEW}:{site.pk}:{','.join(sorted(wanted))}",
        )
    )


def _lock_contact(review: Review) -> None:
    customer_id = Contact.objects.values_list("customer_id", flat=True).get(pk=review.payload["contact_id"])
    Customer.objects.select_for_update(no_key=True).get(pk=customer_id)


@reviewable(
    CONTACT_REVIEW,
    label=gettext_lazy("Contact corrected in the field"),
    decide=May.DECIDE_RECORDS,
    lock=_lock_contact,
)
def take_contact_correction(review: Review) -> None:
    """Write the technician's correction; refuses where the contact has changed since."""
    contact = Contact.objects.select_for_update(no_key=True).get(pk=review.payload["contact_id"])
    standing = _standing_of_contact(contact)
    if standing != review.payload["before"]:
        raise Stale(_("The contact has changed since this was proposed."), theirs=_words(standing))
    _write_contact(contact, review.payload["wanted"])


def _lock_site(review: Review) -> None:
    Site.objects.select_for_update(no_key=True).get(pk=review.payload["site_id"])


@reviewable(
    SITE_REVIEW,
    label=gettext_lazy("Site corrected in the field"),
    decide=May.DECIDE_RECORDS,
    lock=_lock_site,
)
def take_site_correction(review: Review) -> None:
    """Write the technician's correction, the decision being the look that a far address asks for."""
    move_site(review.payload["site_id"], before=review.payload["before"], wanted=review.payload["wanted"])


def _wanted_of_contact(contact: Contact, name: str, old_phone: str, new_phone: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if name.strip() and name.strip() != contact.name:
        wanted["name"] = name.strip()
    if new_phone.strip():
        found = [phone.e164 for phone in find_phones(new_phone).phones if phone.e164]
        if len(found) != 1:
            raise NotPossible(
                _("“%(text)s” is not a phone number with its area code.") % {"text": new_phone.strip()},
                field="new_phone",
            )
        numbers = list(contact.phones.values_list("e164", flat=True))
        changed = [found[0] if number == old_phone else number for number in numbers]
        if found[0] not in changed:
            changed.append(found[0])
        changed = list(dict.fromkeys(changed))
        if changed != numbers:
            wanted["phones"] = changed
    return wanted


def _contact_conflicts(contact: Contact, seen_version: int, wanted: dict[str, Any], old_phone: str) -> bool:
    """Whether somebody changed the same fact since the phone read it."""
    if contact.version == seen_version:
        return False
    seen = contact.history.filter(id=contact.pk, version=seen_version).order_by("-history_id").first()
    if seen is None:
        return True
    gone = bool(old_phone) and not contact.phones.filter(e164=old_phone).exists()
    return ("name" in wanted and seen.name != contact.name) or ("phones" in wanted and gone)


def _standing_of_contact(contact: Contact) -> dict[str, Any]:
    return {"name": contact.name, "phones": list(contact.phones.values_list("e164", flat=True))}


def _write_contact(contact: Contact, wanted: dict[str, Any]) -> None:
    edit_contact(
        contact.pk,
        version=contact.version,
        name=wanted.get("name", contact.name),
        role=contact.role,
        is_primary=contact.is_primary,
        is_active=contact.is_active,
        phones=wanted.get("phones"),
    )


def _words(facts: dict[str, Any]) -> dict[str, str]:
    return {
        _("Name"): facts["name"],
        _("Phones"): ", ".join(format_us(number) for number in facts["phones"]),
    }


def _site_words(site: Site, facts: dict[str, str]) -> dict[str, str]:
    """The facts under their labels; how one gets in stays out of the queue."""
    words = {}
    for name, value in facts.items():
        label = str(site._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        secret = name in ("gate_code", "access_notes")
        words[label[:1].upper() + label[1:]] = _("(kept secret)") if secret else value
    return words
