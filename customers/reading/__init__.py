"""Customer lists as other systems export them: any delimiter, encoding and column order, read as they stand.

`read_table` finds out how a file is written, `guess_columns` what its columns mean, `read_list` puts both
together and says which rows are no customers. Plain Python without the database.
"""

from __future__ import annotations

from .columns import FIELDS, Mapping, guess_columns
from .lists import CustomerList, CustomerRow, LeftOut, read_list
from .tables import Table, TableRow, UnreadableFile, read_table

__all__ = [
    "FIELDS",
    "CustomerList",
    "CustomerRow",
    "LeftOut",
    "Mapping",
    "Table",
    "TableRow",
    "UnreadableFile",
    "guess_columns",
    "read_list",
    "read_table",
]
