from django.urls import URLPattern, path

from . import imports

app_name = "customers"
urlpatterns: list[URLPattern] = [
    path("imports/", imports.imports_page, name="imports"),
    path("imports/read/", imports.read_import, name="read-import"),
    path("imports/<int:batch_id>/", imports.import_page, name="import"),
    path("imports/<int:batch_id>/progress/", imports.import_progress, name="import-progress"),
    path("imports/<int:batch_id>/start/", imports.start_import, name="start-import"),
    path("imports/<int:batch_id>/take-back/", imports.take_back_import, name="take-back-import"),
    path("imports/rows/<int:row_id>/release/", imports.release_row, name="release-row"),
    path("imports/rows/<int:row_id>/skip/", imports.skip_row, name="skip-row"),
]
