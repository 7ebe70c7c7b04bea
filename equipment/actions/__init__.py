"""What can be done with units and their refrigerant."""

from .cases import log_case_event, report_chronic_leaker, void_case_event
from .circuits import retrofit_circuit, revise_charge, set_category, set_exemption
from .claims import approve_claim, credit_claim, deny_claim, edit_claim, open_claim, send_claim
from .facilities import set_choices, set_method
from .files import add_unit_file, remove_unit_file
from .keeping import hold_records, purge_records, release_records
from .moves import move_unit, undo_move
from .opportunities import (
    contact_about_opportunity,
    convert_opportunity,
    dismiss_opportunity,
    raise_opportunity,
    snooze_opportunity,
    triage_opportunity,
    wake_opportunities,
)
from .papers import calls_for_papers, hand_over_documents, make_service_documents, send_document
from .rates import recompute_all, recompute_circuit, refresh_deadlines
from .readings import record_reading, record_readings, void_reading
from .refrigerant import record_refrigerant, void_refrigerant_record
from .systems import create_system, join_system, leave_system
from .units import (
    CircuitFields,
    confirm_manufacture,
    edit_unit,
    install_unit,
    mothball_unit,
    replace_unit,
    retire_unit,
    return_unit_to_service,
)
from .warranties import (
    add_warranty,
    confirm_usual_warranties,
    edit_warranty,
    end_warranty,
    register_warranty,
    registration_says,
    remind_of_registrations,
)

__all__ = [
    "CircuitFields",
    "add_unit_file",
    "add_warranty",
    "approve_claim",
    "calls_for_papers",
    "confirm_manufacture",
    "confirm_usual_warranties",
    "contact_about_opportunity",
    "convert_opportunity",
    "create_system",
    "credit_claim",
    "deny_claim",
    "dismiss_opportunity",
    "edit_claim",
    "edit_unit",
    "edit_warranty",
    "end_warranty",
    "hand_over_documents",
    "hold_records",
    "install_unit",
    "join_system",
    "leave_system",
    "log_case_event",
    "make_service_documents",
    "mothball_unit",
    "move_unit",
    "open_claim",
    "purge_records",
    "raise_opportunity",
    "recompute_all",
    "recompute_circuit",
    "record_reading",
    "record_readings",
    "record_refrigerant",
    "refresh_deadlines",
    "register_warranty",
    "registration_says",
    "release_records",
    "remind_of_registrations",
    "remove_unit_file",
    "replace_unit",
    "report_chronic_leaker",
    "retire_unit",
    "retrofit_circuit",
    "return_unit_to_service",
    "revise_charge",
    "send_claim",
    "send_document",
    "set_category",
    "set_choices",
    "set_exemption",
    "set_method",
    "snooze_opportunity",
    "triage_opportunity",
    "undo_move",
    "void_case_event",
    "void_reading",
    "void_refrigerant_record",
    "wake_opportunities",
]
