"""What can be done with units and their refrigerant."""

from .refrigerant import record_refrigerant, void_refrigerant_record
from .units import CircuitFields, edit_unit, install_unit, mothball_unit, retire_unit, return_unit_to_service

__all__ = [
    "CircuitFields",
    "edit_unit",
    "install_unit",
    "mothball_unit",
    "record_refrigerant",
    "retire_unit",
    "return_unit_to_service",
    "void_refrigerant_record",
]
