"""What is installed where, what is promised for it, and what happened to its refrigerant."""

from __future__ import annotations

from .amounts import OUNCES_IN_POUND, OuncesField, pounds_and_ounces
from .catalogue import Category, ComplianceCategory, ComplianceRule, Maker, Refrigerant, StartRule, UnitModel
from .certificates import CertificateKind, TechnicianCertificate
from .compliance import (
    CaseEvent,
    CaseEventKind,
    ChronicLeaker,
    ComplianceDocument,
    ComplianceSettings,
    DocumentKind,
    Facility,
    LeakCase,
    LeakRate,
    RateMethod,
    Reminder,
)
from .opportunities import Opportunity, OpportunityKind
from .readings import Reading
from .refrigerant import RecordKind, RecordPurpose, RefrigerantRecord
from .units import (
    ChargeMethod,
    ChargeRevision,
    Circuit,
    DateKnownBy,
    Exemption,
    ManufactureKnownBy,
    System,
    Unit,
    UnitFile,
    UnitFileKind,
    UnitMove,
    UnitStatus,
)
from .warranties import Warranty, WarrantyClaim, WarrantyKind

__all__ = [
    "OUNCES_IN_POUND",
    "CaseEvent",
    "CaseEventKind",
    "Category",
    "CertificateKind",
    "ChargeMethod",
    "ChargeRevision",
    "ChronicLeaker",
    "Circuit",
    "ComplianceCategory",
    "ComplianceDocument",
    "ComplianceRule",
    "ComplianceSettings",
    "DateKnownBy",
    "DocumentKind",
    "Exemption",
    "Facility",
    "LeakCase",
    "LeakRate",
    "Maker",
    "ManufactureKnownBy",
    "Opportunity",
    "OpportunityKind",
    "OuncesField",
    "RateMethod",
    "Reading",
    "RecordKind",
    "RecordPurpose",
    "Refrigerant",
    "RefrigerantRecord",
    "Reminder",
    "StartRule",
    "System",
    "TechnicianCertificate",
    "Unit",
    "UnitFile",
    "UnitFileKind",
    "UnitModel",
    "UnitMove",
    "UnitStatus",
    "Warranty",
    "WarrantyClaim",
    "WarrantyKind",
    "pounds_and_ounces",
]
