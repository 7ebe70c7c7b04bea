"""Customers, sites, contacts, notes, messages, files and imports, for programs."""

from django.urls import path

from . import communications, contacts, customers, duplicates, files, imports, roles, sites

urlpatterns = [
    path("customers/", customers.Customers.as_view(), name="customers"),
    path("customers/add/", customers.AddCustomer.as_view(), name="add-customer"),
    path("customers/<uuid:customer_uuid>/", customers.ShowCustomer.as_view(), name="customer"),
    path("customers/<uuid:customer_uuid>/edit/", customers.EditCustomer.as_view(), name="edit-customer"),
    path(
        "customers/<uuid:customer_uuid>/refuse-service/",
        customers.RefuseService.as_view(),
        name="refuse-service",
    ),
    path(
        "customers/<uuid:customer_uuid>/allow-service/",
        customers.AllowService.as_view(),
        name="allow-service",
    ),
    path("customers/<uuid:customer_uuid>/hold-credit/", customers.HoldCredit.as_view(), name="hold-credit"),
    path(
        "customers/<uuid:customer_uuid>/release-credit/",
        customers.ReleaseCredit.as_view(),
        name="release-credit",
    ),
    path("customers/<uuid:customer_uuid>/sites/add/", sites.AddSite.as_view(), name="add-site"),
    path("customers/<uuid:customer_uuid>/contacts/add/", contacts.AddContact.as_view(), name="add-contact"),
    path(
        "customers/<uuid:customer_uuid>/merge/", duplicates.MergeCustomers.as_view(), name="merge-customers"
    ),
    path("customers/<uuid:customer_uuid>/tags/add/", customers.AddTag.as_view(), name="add-tag"),
    path("customers/<uuid:customer_uuid>/tags/remove/", customers.RemoveTag.as_view(), name="remove-tag"),
    path("customers/<uuid:customer_uuid>/files/", files.Files.as_view(), name="files"),
    path("customers/<uuid:customer_uuid>/files/add/", files.AddFile.as_view(), name="add-file"),
    path("files/<uuid:file_uuid>/content/", files.FileContent.as_view(), name="file-content"),
    path("files/<uuid:file_uuid>/remove/", files.RemoveFile.as_view(), name="remove-file"),
    path("duplicates/", duplicates.Duplicates.as_view(), name="duplicates"),
    path("duplicates/<uuid:pair_uuid>/keep-apart/", duplicates.KeepApart.as_view(), name="keep-apart"),
    path("merges/", duplicates.Merges.as_view(), name="merges"),
    path("merges/<uuid:merge_uuid>/undo/", duplicates.UndoMerge.as_view(), name="undo-merge"),
    path("customers/<uuid:customer_uuid>/notes/", contacts.Notes.as_view(), name="notes"),
    path("customers/<uuid:customer_uuid>/notes/add/", contacts.AddNote.as_view(), name="add-note"),
    path("customers/<uuid:customer_uuid>/calls/log/", communications.LogCall.as_view(), name="log-call"),
    path(
        "customers/<uuid:customer_uuid>/messages/send/",
        communications.SendMessage.as_view(),
        name="send-message",
    ),
    path("sites/", sites.Sites.as_view(), name="sites"),
    path("sites/<uuid:site_uuid>/", sites.ShowSite.as_view(), name="site"),
    path("sites/<uuid:site_uuid>/edit/", sites.EditSite.as_view(), name="edit-site"),
    path("sites/<uuid:site_uuid>/roles/", roles.SiteRoles.as_view(), name="site-roles"),
    path("sites/<uuid:site_uuid>/roles/add/", roles.AddSiteRole.as_view(), name="add-site-role"),
    path("site-roles/<uuid:role_uuid>/end/", roles.EndSiteRole.as_view(), name="end-site-role"),
    path("contacts/", contacts.Contacts.as_view(), name="contacts"),
    path("contacts/<uuid:contact_uuid>/", contacts.ShowContact.as_view(), name="contact"),
    path("contacts/<uuid:contact_uuid>/edit/", contacts.EditContact.as_view(), name="edit-contact"),
    path("notes/<uuid:note_uuid>/pin/", contacts.PinNote.as_view(), name="pin-note"),
    path("communications/", communications.Communications.as_view(), name="communications"),
    path(
        "communications/<uuid:communication_uuid>/",
        communications.ShowCommunication.as_view(),
        name="communication",
    ),
    path(
        "communications/<uuid:communication_uuid>/send-again/",
        communications.SendAgain.as_view(),
        name="send-again",
    ),
    path("imports/", imports.Imports.as_view(), name="imports"),
    path("imports/<uuid:import_uuid>/", imports.ShowImport.as_view(), name="import"),
    path("imports/<uuid:import_uuid>/rows/", imports.ImportRows.as_view(), name="import-rows"),
]
