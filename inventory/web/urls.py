from django.urls import URLPattern, path

from . import movements, parts, places

app_name = "inventory"
urlpatterns: list[URLPattern] = [
    path("", parts.parts, name="parts"),
    path("find/", parts.find_parts, name="find-parts"),
    path("add/", parts.add_part, name="add-part"),
    path("<uuid:part_uuid>/", parts.part, name="part"),
    path("<uuid:part_uuid>/edit/", parts.edit_part, name="edit-part"),
    path("places/", places.places, name="places"),
    path("places/add/", places.add_place, name="add-place"),
    path("places/<uuid:place_uuid>/", places.place, name="place"),
    path("places/<uuid:place_uuid>/edit/", places.edit_place, name="edit-place"),
    path("places/<uuid:place_uuid>/load/", movements.load, name="load"),
    path("places/<uuid:place_uuid>/<uuid:part_uuid>/", places.level, name="level"),
    path("places/<uuid:place_uuid>/<uuid:part_uuid>/count/", places.count, name="count"),
    path("places/<uuid:place_uuid>/<uuid:part_uuid>/limits/", places.set_limits, name="set-limits"),
    path("movements/", movements.movements, name="movements"),
    path("receive/", movements.receive, name="receive"),
    path("transfer/", movements.transfer, name="transfer"),
    path("there/", movements.there, name="there"),
]
