"""What can be done with customers, sites, contacts and messages."""

from .communications import log_call, queue_email, send_again, settle_communication
from .records import (
    add_contact,
    add_customer,
    add_email,
    add_note,
    add_phone,
    edit_contact,
    edit_customer,
    pin_note,
    remove_email,
    remove_phone,
    set_credit_hold,
    set_do_not_service,
)
from .sites import ADDRESS_REVIEW, EditedSite, SiteFields, add_site, edit_site

__all__ = [
    "ADDRESS_REVIEW",
    "EditedSite",
    "SiteFields",
    "add_contact",
    "add_customer",
    "add_email",
    "add_note",
    "add_phone",
    "add_site",
    "edit_contact",
    "edit_customer",
    "edit_site",
    "log_call",
    "pin_note",
    "queue_email",
    "remove_email",
    "remove_phone",
    "send_again",
    "set_credit_hold",
    "set_do_not_service",
    "settle_communication",
]
