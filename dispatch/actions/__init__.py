"""Every change to work."""

from .booking import add_visit, book_job, change_window, edit_job
from .changeouts import new_units_at, units_taken_out
from .checks import answer_check, units_to_measure
from .field import (
    add_photo,
    arrive,
    complete_visit,
    go_en_route,
    pause,
    report_no_access,
    resume,
    sign,
    take_back_part,
    use_part,
)
from .jobs import cancel_job, close_job, hold_job, reopen_job, resume_job, write_note
from .on_behalf import Answer, complete_on_behalf
from .people import keep_technician
from .planning import Placed, add_technician, place_visit, release_technician, unschedule_visit
from .refrigerant import log_leak_step, log_refrigerant

__all__ = [
    "Answer",
    "Placed",
    "add_photo",
    "add_technician",
    "add_visit",
    "answer_check",
    "arrive",
    "book_job",
    "cancel_job",
    "change_window",
    "close_job",
    "complete_on_behalf",
    "complete_visit",
    "edit_job",
    "go_en_route",
    "hold_job",
    "keep_technician",
    "log_leak_step",
    "log_refrigerant",
    "new_units_at",
    "pause",
    "place_visit",
    "release_technician",
    "reopen_job",
    "report_no_access",
    "resume",
    "resume_job",
    "sign",
    "take_back_part",
    "units_taken_out",
    "units_to_measure",
    "unschedule_visit",
    "use_part",
    "write_note",
]
