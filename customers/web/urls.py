from django.urls import URLPattern, path

from . import communications, contacts, customers, imports, quality, sites

app_name = "customers"
urlpatterns: list[URLPattern] = [
    path("", customers.customers, name="customers"),
    path("find/", customers.find, name="find"),
    path("quality/", quality.quality, name="quality"),
    path("quality/<slug:measure>/", quality.quality_of, name="quality-of"),
    path("add/", customers.add_customer, name="add-customer"),
    path("lookalikes/", customers.lookalikes, name="lookalikes"),
    path("<uuid:customer_uuid>/", customers.customer, name="customer"),
    path("<uuid:customer_uuid>/edit/", customers.edit_customer, name="edit-customer"),
    path("<uuid:customer_uuid>/refuse-service/", customers.refuse_service, name="refuse-service"),
    path("<uuid:customer_uuid>/allow-service/", customers.allow_service, name="allow-service"),
    path("<uuid:customer_uuid>/hold-credit/", customers.hold_credit, name="hold-credit"),
    path("<uuid:customer_uuid>/release-credit/", customers.release_credit, name="release-credit"),
    path("<uuid:customer_uuid>/sites/add/", sites.add_site, name="add-site"),
    path("sites/<uuid:site_uuid>/", sites.site, name="site"),
    path("sites/<uuid:site_uuid>/edit/", sites.edit_site, name="edit-site"),
    path("<uuid:customer_uuid>/contacts/add/", contacts.add_contact, name="add-contact"),
    path("contacts/<uuid:contact_uuid>/edit/", contacts.edit_contact, name="edit-contact"),
    path("<uuid:customer_uuid>/notes/add/", contacts.add_note, name="add-note"),
    path("notes/<uuid:note_uuid>/pin/", contacts.pin_note, name="pin-note"),
    path("<uuid:customer_uuid>/messages/", communications.communications, name="communications"),
    path("<uuid:customer_uuid>/calls/add/", communications.log_call, name="log-call"),
    path("messages/<uuid:communication_uuid>/", communications.communication, name="communication"),
    path("messages/<uuid:communication_uuid>/send-again/", communications.send_again, name="send-again"),
    path("imports/", imports.imports_page, name="imports"),
    path("imports/read/", imports.read_import, name="read-import"),
    path("imports/<int:batch_id>/", imports.import_page, name="import"),
    path("imports/<int:batch_id>/progress/", imports.import_progress, name="import-progress"),
    path("imports/<int:batch_id>/start/", imports.start_import, name="start-import"),
    path("imports/<int:batch_id>/take-back/", imports.take_back_import, name="take-back-import"),
    path("imports/rows/<int:row_id>/release/", imports.release_row, name="release-row"),
    path("imports/rows/<int:row_id>/skip/", imports.skip_row, name="skip-row"),
]
