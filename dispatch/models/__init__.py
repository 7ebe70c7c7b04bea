"""Work: why, when and who, and what was found and done."""

from .field import (
    CheckAnswer,
    CheckKind,
    ChecklistItem,
    ChecklistTemplate,
    JobNote,
    JobPhoto,
    PartUse,
    Signature,
    VisitCheck,
)
from .people import Shift, Skill, Technician, TechnicianSkill, TimeOff
from .work import Assignment, AssignmentRole, Job, JobType, JobTypeSkill, JobUnit, Priority, Visit

__all__ = [
    "Assignment",
    "AssignmentRole",
    "CheckAnswer",
    "CheckKind",
    "ChecklistItem",
    "ChecklistTemplate",
    "Job",
    "JobNote",
    "JobPhoto",
    "JobType",
    "JobTypeSkill",
    "JobUnit",
    "PartUse",
    "Priority",
    "Shift",
    "Signature",
    "Skill",
    "Technician",
    "TechnicianSkill",
    "TimeOff",
    "Visit",
    "VisitCheck",
]
