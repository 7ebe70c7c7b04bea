"""What can be done with customers, sites, contacts and messages."""

from fsm.files import LARGEST_FILE

from .communications import (
    hold_back,
    log_call,
    name_at_carrier,
    queue_email,
    send_again,
    settle_communication,
)
from .corrections import Corrected, correct_contact, correct_site
from .holding import hold_customer
from .keeping import (
    HOW_VERIFIED,
    add_file,
    add_tag,
    remove_file,
    remove_tag,
    verify_email,
    verify_phone,
)
from .keys import records_of, refresh_match_keys
from .locating import locate_sites, place_by_zip
from .merging import (
    UNDO_FOR,
    Kept,
    Undone,
    bring_stragglers,
    left_behind,
    merge_customers,
    undo_merge,
    what_moved,
)
from .messages import queue_message, send_message, uuid_of_message
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
from .site_roles import add_site_role, end_site_role, former_sites, sell_site
from .sites import ADDRESS_REVIEW, EditedSite, SiteFields, add_site, edit_site
from .templates import (
    change_messaging_rules,
    is_said,
    messaging_rules,
    restore_our_words,
    save_template,
    standing_templates,
    switch_message,
)
from .texts import put_text_away, receive_text, settle_at_carrier, take_up_text
from .wishes import lift_opt_out, opt_out, set_wishes

__all__ = [
    "ADDRESS_REVIEW",
    "HOW_VERIFIED",
    "LARGEST_FILE",
    "UNDO_FOR",
    "Corrected",
    "EditedSite",
    "Kept",
    "SiteFields",
    "Undone",
    "add_contact",
    "add_customer",
    "add_email",
    "add_file",
    "add_note",
    "add_phone",
    "add_site",
    "add_site_role",
    "add_tag",
    "bring_stragglers",
    "change_messaging_rules",
    "correct_contact",
    "correct_site",
    "edit_contact",
    "edit_customer",
    "edit_site",
    "end_site_role",
    "former_sites",
    "hold_back",
    "hold_customer",
    "is_said",
    "left_behind",
    "lift_opt_out",
    "locate_sites",
    "log_call",
    "merge_customers",
    "messaging_rules",
    "name_at_carrier",
    "opt_out",
    "pin_note",
    "place_by_zip",
    "put_text_away",
    "queue_email",
    "queue_message",
    "receive_text",
    "records_of",
    "refresh_match_keys",
    "remove_email",
    "remove_file",
    "remove_phone",
    "remove_tag",
    "restore_our_words",
    "save_template",
    "sell_site",
    "send_again",
    "send_message",
    "set_credit_hold",
    "set_do_not_service",
    "set_wishes",
    "settle_at_carrier",
    "settle_communication",
    "standing_templates",
    "switch_message",
    "take_up_text",
    "undo_merge",
    "uuid_of_message",
    "verify_email",
    "verify_phone",
    "what_moved",
]
