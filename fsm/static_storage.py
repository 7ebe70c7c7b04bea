"""Static files under hashed names, with the imports of our own ES modules rewritten as well."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.staticfiles.storage import HashedFilesMixin, ManifestStaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

_MODULE_IMPORTS = ManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]
OUR_FOLDERS = ("fsm", "customers", "equipment", "inventory", "dispatch", "billing")


class HouseStaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Rewrites `import` only in our own folders: other people's files may import bare names."""

    patterns: ClassVar = HashedFilesMixin.patterns + tuple(
        (f"{folder}/*.js", _MODULE_IMPORTS) for folder in OUR_FOLDERS
    )
    manifest_strict = True
