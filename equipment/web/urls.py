from django.urls import URLPattern, path

from . import units

app_name = "equipment"
urlpatterns: list[URLPattern] = [
    path("", units.units, name="units"),
    path("<uuid:unit_uuid>/", units.unit, name="unit"),
    path("<uuid:unit_uuid>/edit/", units.edit_unit, name="edit-unit"),
    path("<uuid:unit_uuid>/retire/", units.retire_unit, name="retire-unit"),
    path("<uuid:unit_uuid>/mothball/", units.mothball_unit, name="mothball-unit"),
    path("<uuid:unit_uuid>/return/", units.return_unit_to_service, name="return-unit"),
    path("sites/<uuid:site_uuid>/add/", units.add_unit, name="add-unit"),
    path("records/<uuid:record_uuid>/void/", units.void_record, name="void-record"),
]
