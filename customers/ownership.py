"""Who owns what is known of customers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fsm.ownership import Door, Owner, owns
from fsm.permissions import May

GROUP = _("Customers")
EVERY_DOOR = (Door.OFFICE, Door.FIELD, Door.API, Door.IMPORT)
DESK_DOORS = (Door.OFFICE, Door.API, Door.IMPORT)

owns(
    "customer.identity",
    label=_("Name, kind, terms, billing address"),
    owner=Owner.OFFICE,
    doors=DESK_DOORS,
    may=May.EDIT_CUSTOMERS,
    rule=_("The office's word holds. Two edits at once are shown side by side; nobody overwrites unseen."),
    group=GROUP,
)
owns(
    "customer.refusal",
    label=_("Do not service, credit hold"),
    owner=Owner.OFFICE,
    doors=(Door.OFFICE, Door.API, Door.IMPORT),
    may=May.EDIT_CUSTOMERS,
    rule=_("Refusing needs a reason. Where two records are merged, the stricter one holds."),
    group=GROUP,
)
owns(
    "contact.reach",
    label=_("Contacts, phones, e-mail addresses"),
    owner=Owner.OFFICE,
    doors=EVERY_DOOR,
    may=May.EDIT_CUSTOMERS,
    rule=_(
        "A technician's correction is taken at once. Where the office changed the same thing meanwhile, the "
        "office's word holds and the correction waits as a proposal."
    ),
    group=GROUP,
)
owns(
    "contact.consent",
    label=_("Consent and opt-outs"),
    owner=Owner.OFFICE,
    doors=DESK_DOORS,
    may=May.EDIT_CUSTOMERS,
    rule=_("The customer's own word, whoever heard it; of two, the stricter one holds."),
    group=GROUP,
)
owns(
    "site.address",
    label=_("Address of a site"),
    owner=Owner.OFFICE,
    doors=EVERY_DOOR,
    may=May.EDIT_CUSTOMERS,
    rule=_(
        "From every door alike: far away, an unknown ZIP or a city that is not in it waits for a decision; "
        "the old address holds until then."
    ),
    group=GROUP,
)
owns(
    "site.access",
    label=_("Gate code and how one gets in"),
    owner=Owner.OFFICE,
    doors=EVERY_DOOR,
    may=May.EDIT_CUSTOMERS,
    rule=_("Taken at once; shown to technicians only for visits of today and tomorrow."),
    group=GROUP,
)
