"""The admin: for set-up and audit. Everything can be looked at, actions alone change what they own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial, update_wrapper, wraps
from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from .attribution import because
from .clock import now as clock_now
from .history import is_tracked
from .models import User
from .permissions import May, allowed, refusal_sentence, requires, signed_in
from .states import NotPossible
from .trace import SECRET_FIELDS, timeline
from .web.cells import zone_of

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline

# Never shown here: secrets, what is for the technician of the day only, and what would be unreadable.
HIDDEN = SECRET_FIELDS | {"password", "digest", "session_key", "payload", "fingerprint", "body_hash"}
HIDDEN_KINDS = (models.FileField, models.BinaryField)
NAMES = ("number", "code", "name", "title", "label", "designation", "username", "subject", "system", "kind")
MOST_AT_ONCE = 100
# What the house's own pages ask of whoever looks at an app's rows; the kernel's are for those who run it.
SEES = {
    "customers": May.SEE_CUSTOMERS,
    "equipment": May.SEE_EQUIPMENT,
    "inventory": May.SEE_STOCK,
    "sensors": May.SEE_EQUIPMENT,
    "dispatch": May.SEE_JOBS,
    "billing": May.SEE_MONEY,
}
WITHOUT = {"logout", "password_change", "password_change_done", "view_on_site"}  # the house has its own


# The site ---------------------------------------------------------------------------------------------


class HouseSite(admin.AdminSite):
    """Entered through the house's own log-in page by whoever may; shows the house's own models only."""

    site_header = site_title = gettext_lazy("Set-up and audit")
    index_title = gettext_lazy("Everything that is kept")
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Ours alone: what other packages bring along would be changed past our actions and our history."""
        one = isinstance(model_or_iterable, type)
        found: list[Any] = [model_or_iterable] if one else list(model_or_iterable)
        ours = [model for model in found if model._meta.app_label in settings.APPS]
        if ours:
            super().register(ours, admin_class or HouseAdmin, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person may enter at all."""
        return allowed(request.user, May.USE_ADMIN)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Guarded like every page of the house: the signed-out go to the log-in page, others get a 403."""
        guarded: Any = requires(May.USE_ADMIN)(_on_our_clock(view))
        if not cacheable:
            guarded = never_cache(guarded)
        return update_wrapper(csrf_protect(guarded), view)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one log-in page, so that lock-out and second factor hold here too."""
        wanted = request.GET.get("next") or reverse("admin:index")
        return HttpResponseRedirect(f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': wanted})}")

    login.requires = None  # type: ignore[attr-defined]

    def get_urls(self) -> list[Any]:
        """Without signing out and passwords, which the house has pages for."""
        urls = [entry for entry in super().get_urls() if getattr(entry, "name", None) not in WITHOUT]
        for entry in _patterns(urls):
            view: Any = entry.callback
            if entry.name != "login":
                adds = str(entry.name).endswith("_add")  # Django asks `has_add_permission` as well
                view.requires = May.SET_UP if adds else May.USE_ADMIN
        return urls


def _on_our_clock(view: Any) -> Any:
    """What the view shows and reads are times of the company's zone."""

    @wraps(view)
    def timed(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with timezone.override(zone_of(request)):
            answer = view(request, *args, **kwargs)
            return answer.render() if hasattr(answer, "render") else answer

    return timed


def _patterns(entries: Iterable[Any]) -> Iterator[URLPattern]:
    for entry in entries:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry.url_patterns)
        else:
            yield entry


def register_the_rest() -> None:
    """Show every model of ours that no app has registered its own way."""
    for app in settings.APPS:
        for model in apps.get_app_config(app).get_models():
            if not model.__name__.startswith("Historical") and not admin.site.is_registered(model):
                admin.site.register(model, HouseAdmin)


# What people do here ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ask:
    """Who asks for a deed, why and when."""

    by: User
    because: str
    now: datetime


@dataclass(frozen=True)
class Deed:
    """A transition offered on a list: calls our action for each chosen row, after asking whether and why."""

    name: str
    words: Any
    may: May
    act: Callable[[Any, Ask], object]
    needs_reason: bool = False


class DeedForm(forms.Form):
    """Why it is done."""

    because = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, widget=forms.TextInput(attrs={"class": "vTextField"})
    )

    def __init__(self, deed: Deed, data: Any = None) -> None:
        super().__init__(data)
        self.fields["because"].required = deed.needs_reason


class SetUpForm(forms.ModelForm):  # type: ignore[type-arg]
    """The row's own fields, and why they are changed: it stands in the history."""

    why = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Stands in the history beside what you changed."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


# A model ----------------------------------------------------------------------------------------------


class HouseAdmin(ModelAdmin):
    """A model to look at: a list, every field of a row, its history, and deeds that call our actions."""

    sees: May | None = None  # what the house's own pages ask of whoever looks; without it, what the app's ask
    words: tuple[str, ...] = ()  # the keys that a row follows to say its own name
    within: str = ""  # the key through which a row belongs to a branch, where its rows do not know themselves
    is_whole = False  # shown whole, although `visible_to` of its rows means somebody's own
    hidden: tuple[str, ...] = ()  # what is not shown here, beside what nobody is shown
    deeds: tuple[Deed, ...] = ()
    plural: Any = ""  # what many of them are called, where an added "s" is wrong

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    view_on_site = False
    empty_value_display = "\N{EN DASH}"

    def __init__(self, model: type[models.Model], site: admin.AdminSite) -> None:
        super().__init__(model, site)
        if self.plural:
            self.opts.verbose_name_plural = self.plural
        if self.list_display == ("__str__",):
            self.list_display = self._usual_columns()
        shown: Any = self  # the usual ones, where a class names none of its own
        if not self.search_fields:
            shown.search_fields = [field.name for field in self._shown() if self._is_a_name(field)]
        if not self.list_filter:
            shown.list_filter = [
                field.name
                for field in self._shown()
                if not field.is_relation and (field.choices or isinstance(field, models.BooleanField))
            ]

    # What is shown

    def _shown(self) -> list[Any]:
        return [
            field
            for field in self.opts.concrete_fields
            if field.name not in HIDDEN
            and field.name not in self.hidden
            and not isinstance(field, HIDDEN_KINDS)
        ]

    @staticmethod
    def _is_a_name(field: Any) -> bool:
        return isinstance(field, models.CharField) and not field.choices and field.name in NAMES

    def _usual_columns(self) -> tuple[str, ...]:
        """Names, states, keys, amounts and times, at most seven; else what the row calls itself."""
        unread = (models.AutoField, models.TextField, models.JSONField, models.UUIDField)
        fit = [field for field in self._shown() if not isinstance(field, unread)]
        fit.sort(key=lambda field: not (self._is_a_name(field) or field.is_relation or field.choices))
        return tuple(field.name for field in fit[:7]) or ("__str__",)

    def _related(self, names: Iterable[str]) -> list[str]:
        """The keys among the fields, with what their rows follow to say their names."""
        found = []
        for name in names:
            field = next((field for field in self.opts.concrete_fields if field.name == name), None)
            if field is not None and field.is_relation and field.related_model is not None:
                related: Any = self.admin_site._registry.get(field.related_model)
                found += [name, *(f"{name}__{word}" for word in getattr(related, "words", ()))]
        return found

    def get_list_select_related(self, request: HttpRequest) -> Any:
        """Everything that the list's columns name, in the list's own query."""
        shown = [str(column) for column in self.get_list_display(request)]
        return [*self._related(shown), *self.words] or False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What the person sees elsewhere in the house."""
        unread = [field.name for field in self.opts.concrete_fields if isinstance(field, models.BinaryField)]
        rows: Any = super().get_queryset(request).defer(*unread)
        user = signed_in(request)
        if hasattr(rows, "visible_to"):
            return rows if self.is_whole else rows.visible_to(user)  # type: ignore[no-any-return]
        if self.within and user.branch_ids:
            key: Any = self.opts.get_field(self.within)
            above = self.admin_site._registry[key.related_model].get_queryset(request)
            rows = rows.filter(**{f"{self.within}__in": above.order_by().values("pk")})
        return rows  # type: ignore[no-any-return]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row with everything that its page names, in one query; None where there is none to see."""
        field: Any = self.opts.get_field(from_field) if from_field else self.opts.pk
        related = self._related(field.name for field in self._shown())
        try:
            rows = self.get_queryset(request).select_related(*related, *self.words)
            return rows.get(**{field.name: field.to_python(object_id)})
        except (self.model.DoesNotExist, ValidationError, ValueError, OverflowError):
            return None

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Every field that is not secret, in the model's order."""
        may_change = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        kept = set(self.readonly_fields)
        fields = [
            field.name
            for field in self._shown()
            if not isinstance(field, models.AutoField)
            and (not may_change or (field.editable and (obj or field.name not in kept)))
        ]
        return [*fields, "why"] if may_change else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of them, unless the row is set up here."""
        may_change = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return self.readonly_fields if may_change else self.get_fields(request, obj)

    # Who may

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may enter and sees such rows elsewhere."""
        sees = self.sees or SEES.get(self.opts.app_label, May.SEE_HOUSE)
        return allowed(request.user, May.USE_ADMIN) and allowed(request.user, sees)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Shown on the first page to whoever may look."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Actions add; see SetUpAdmin for what no action owns."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Actions change; see SetUpAdmin for what no action owns."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted here."""
        return False

    # Our own history is the log

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The row's history says it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The row's history says it."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Every version of a row: when, who, through which door, why, before and after, newest first."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(what)s") % {"what": row},
            "module_name": capfirst(str(self.opts.verbose_name_plural)),
            "object": row,
            "opts": self.opts,
            "steps": timeline(row)[::-1],
            "keeps_versions": is_tracked(self.model),
            "may_trace": allowed(request.user, May.SEE_TRACE),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/object_history.html", context)

    # Deeds

    def get_actions(self, request: HttpRequest) -> Any:
        """The deeds that this person may ask for; none removes anything."""
        if IS_POPUP_VAR in request.GET:
            return {}
        return {
            deed.name: (partial(_perform, deed), deed.name, deed.words)
            for deed in self.deeds
            if allowed(request.user, deed.may)
        }

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list; a deed is asked for by POST, from whoever holds its capability."""
        if request.method == "POST":
            if not self.deeds:
                return HttpResponseNotAllowed(["GET", "HEAD"])
            asked = request.POST.get("action")
            for deed in self.deeds:
                if deed.name == asked and not allowed(request.user, deed.may):
                    raise PermissionDenied(refusal_sentence(deed.may))
        return super().changelist_view(request, extra_context)


class SetUpAdmin(HouseAdmin):
    """Rows that no action owns: added and changed here, with a reason, by whoever may set up the house."""

    form = SetUpForm

    def get_autocomplete_fields(self, request: HttpRequest) -> Any:
        """Every key that can be searched for."""
        registry = self.admin_site._registry
        return [
            field.name
            for field in self._shown()
            if field.is_relation
            and field.related_model in registry
            and registry[field.related_model].search_fields
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever may set up the house."""
        return self.has_view_permission(request) and allowed(request.user, May.SET_UP)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may set up the house."""
        return self.has_view_permission(request, obj) and allowed(request.user, May.SET_UP)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """One version, with the reason; none where nothing changed."""
        if not change or set(form.changed_data) - {"why"}:
            with because(form.cleaned_data["why"]):
                super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """What stands below the row is changed for the same reason."""
        with because(form.cleaned_data["why"]):
            super().save_related(request, form, formsets, change)


class SetUpInline(TabularInline):
    """Rows below a row that is set up here."""

    extra = 1
    can_delete = False
    show_change_link = False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """In a table the heading names the column; who does not see it hears the field's own name."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs["aria-label"] = capfirst(str(field.label))
        return field


def _perform(deed: Deed, house_admin: HouseAdmin, request: HttpRequest, rows: QuerySet[Any]) -> Any:
    """Ask whether and why, then call the action once for each row; a refusal keeps nobody else from it."""
    chosen = list(rows.select_related(*house_admin.words)[: MOST_AT_ONCE + 1])
    if len(chosen) > MOST_AT_ONCE:
        messages.error(request, _("Choose at most %(n)s at once. Nothing was changed.") % {"n": MOST_AT_ONCE})
        return None
    form = DeedForm(deed, request.POST if "sure" in request.POST else None)
    if form.is_bound and form.is_valid():
        ask = Ask(signed_in(request), form.cleaned_data["because"].strip(), clock_now())
        done = 0
        for row in chosen:
            try:
                with because(ask.because):
                    deed.act(row, ask)
                done += 1
            except NotPossible as refusal:
                messages.error(request, f"{row}: {refusal}")
        if done:
            words = ngettext("%(what)s: %(n)s done.", "%(what)s: %(n)s done.", done)
            messages.success(request, words % {"what": deed.words, "n": done})
        return None
    context = {
        **house_admin.admin_site.each_context(request),
        "title": deed.words,
        "opts": house_admin.opts,
        "deed": deed,
        "rows": chosen,
        "form": form,
        "action_checkbox_name": ACTION_CHECKBOX_NAME,
    }
    request.current_app = house_admin.admin_site.name
    return TemplateResponse(request, "admin/deed.html", context, status=422 if form.is_bound else 200)
