"""Messages across all customers: what was said, our words, the rules, who asked us to stop, and texts from
numbers that nobody has.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import now as clock_now
from fsm.company import the_company
from fsm.permissions import May, requires
from fsm.states import NotPossible, Stale
from fsm.templatetags.ui import state
from fsm.web.pages import fragment, refuse_in_form, render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..models import Channel, Communication, Language, Occasion, OptOut, UnknownText
from ..phones import format_us
from ..sending import parts_of_text
from ..wording import (
    ABOUT_OCCASION,
    LONGEST,
    OF_OCCASION,
    OURS,
    VARIABLES,
    WRITTEN,
    Words,
    filled_in,
    problems_of,
    samples,
)
from .common import meant, take_up
from .communications import when, whole
from .filters import CommunicationFilter
from .message_forms import LiftForm, OptOutForm, RulesForm, TemplateForm

COLUMNS = [
    Column("when", gettext_lazy("When"), lambda row: whole(when(row)), ("created_at",)),
    Column("customer", gettext_lazy("Customer"), lambda row: row.customer.name),
    Column("what", gettext_lazy("What"), lambda row: str(row)),
    Column("channel", gettext_lazy("How"), lambda row: whole(row.get_channel_display())),
    Column("direction", gettext_lazy("Direction"), lambda row: whole(row.get_direction_display())),
    Column("state", gettext_lazy("State"), lambda row: state(row.state, row.get_state_display())),
]


@require_safe
@requires(May.SEE_CUSTOMERS)
def all_messages(request: HttpRequest) -> HttpResponse:
    """Everything that was said to and by customers."""
    table = Table(
        request,
        Communication.objects.visible_to(request.user).select_related("customer__branch"),
        COLUMNS,
        url=lambda row: reverse("customers:communication", args=[row.uuid]),
        filterset=CommunicationFilter,
        search=lambda rows, text: rows.filter(subject__icontains=text) | rows.filter(body__icontains=text),
        search_label=_("Search subjects and texts"),
        default_sort="-when",
        empty_title=_("Nothing was said yet"),
        empty_text=_("Messages that leave by themselves are switched on under “What we say”."),
    )
    return render_page(request, "customers/messages.html", {"table": table, "tab": "all"})


# What we say -----------------------------------------------------------------------------------------


def _known(occasion: str, channel: str, language: str = Language.ENGLISH) -> None:
    if (occasion, channel, language) not in OURS:
        raise Http404


@require_safe
@requires(May.EDIT_TEMPLATES)
def templates(request: HttpRequest) -> HttpResponse:
    """What we say by ourselves: each occasion, by which way, in which language."""
    standing = actions.standing_templates()
    rows = [
        {
            "occasion": occasion.value,
            "label": occasion.label,
            "about": ABOUT_OCCASION[occasion],
            "ways": [
                {
                    "channel": channel.value,
                    "label": channel.label,
                    "is_on": standing[occasion, channel, Language.ENGLISH].is_on,
                    "languages": [
                        {"row": standing[occasion, channel, language.value], "label": language.label}
                        for language in Language
                    ],
                }
                for channel in WRITTEN
            ],
        }
        for occasion in Occasion
    ]
    return render_page(request, "customers/templates.html", {"rows": rows, "tab": "words"})


@requires(May.EDIT_TEMPLATES)
def template(request: HttpRequest, occasion: str, channel: str, language: str) -> HttpResponse:
    """The words of one message, beside what a customer would read."""
    _known(occasion, channel, language)
    stands = actions.standing_templates([occasion])[occasion, channel, language]
    initial = {"subject": stands.words.subject, "body": stands.words.body, "version": stands.version}
    form = TemplateForm(request.POST or None, initial=initial, channel=channel)
    status, theirs = (422 if form.is_bound else 200), {}
    if form.is_bound and form.is_valid():
        try:
            actions.save_template(occasion, channel, language, **form.cleaned_data)
            messages.success(request, _("The words are saved."))
            return redirect("customers:templates")
        except Stale as stale:
            take_up(form, stands.version)
            status, theirs = refuse_in_form(form, stale), stale.theirs
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    typed = Words(str(form["subject"].value() or ""), str(form["body"].value() or ""))
    context = {
        "form": form,
        "stands": stands,
        "theirs": theirs,
        "occasion": Occasion(occasion),
        "channel": Channel(channel),
        "language": Language(language),
        "variables": [(name, VARIABLES[name].label) for name in OF_OCCASION[occasion]],
        "preview": _preview(typed, occasion, channel, language),
        "tab": "words",
    }
    return render_page(request, "customers/template.html", context, status=status)


def _preview(words: Words, occasion: str, channel: str, language: str) -> dict[str, Any]:
    """What a customer would read, and what is wrong with it."""
    company = the_company()
    values = samples(occasion) | {"company": company.name}
    if company.phone:
        values["company_phone"] = company.phone
    read = filled_in(words, values, language=language, channel=channel)
    return {
        "words": read,
        "problems": [sentence for _where, sentence in problems_of(words, occasion)],
        "is_text": channel == Channel.TEXT,
        "letters": len(read.body),
        "parts": parts_of_text(read.body),
    }


@require_POST
@requires(May.EDIT_TEMPLATES)
def preview_template(request: HttpRequest, occasion: str, channel: str, language: str) -> HttpResponse:
    """What is being typed, as a customer would read it."""
    _known(occasion, channel, language)
    most = LONGEST[channel]
    words = Words(request.POST.get("subject", "")[:200], request.POST.get("body", "")[:most])
    preview = _preview(words, occasion, channel, language)
    return fragment(request, "customers/_template_preview.html", {"preview": preview})


@require_POST
@requires(May.EDIT_TEMPLATES)
def switch_message(request: HttpRequest, occasion: str, channel: str) -> HttpResponse:
    """Say it from now on, or stop."""
    _known(occasion, channel)
    on = request.POST.get("on") == "1"
    actions.switch_message(occasion, channel, on=on)
    facts = {"what": Occasion(occasion).label, "how": Channel(channel).label.lower()}
    sentence = (
        _("“%(what)s” is said by %(how)s from now on.")
        if on
        else _("“%(what)s” is not said by %(how)s any more.")
    )
    messages.success(request, sentence % facts)
    return redirect("customers:templates")


@require_POST
@requires(May.EDIT_TEMPLATES)
def restore_words(request: HttpRequest, occasion: str, channel: str, language: str) -> HttpResponse:
    """Back to the words the house came with."""
    _known(occasion, channel, language)
    actions.restore_our_words(occasion, channel, language)
    messages.success(request, _("The words are as they came with the house."))
    return redirect("customers:template", occasion, channel, language)


@requires(May.EDIT_TEMPLATES)
def messaging_rules(request: HttpRequest) -> HttpResponse:
    """When texts are not sent, when people are reminded, and our number."""
    rules = actions.messaging_rules()
    initial = {name: getattr(rules, name) for name in RulesForm.base_fields}
    form = RulesForm(request.POST or None, initial=initial | {"text_from": format_us(rules.text_from)})
    status, theirs = (422 if form.is_bound else 200), {}
    if form.is_bound and form.is_valid():
        try:
            actions.change_messaging_rules(**form.cleaned_data)
            messages.success(request, _("The rules are saved."))
            return redirect("customers:messaging-rules")
        except Stale as stale:
            take_up(form, rules.version)
            status, theirs = refuse_in_form(form, stale), stale.theirs
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"form": form, "theirs": theirs, "tab": "rules"}
    return render_page(request, "customers/messaging_rules.html", context, status=status)


# Who asked us to stop --------------------------------------------------------------------------------


@requires(May.EDIT_CUSTOMERS)
def opt_outs(request: HttpRequest) -> HttpResponse:
    """Numbers and addresses that nothing goes to; one who asked on the phone is added here."""
    form = OptOutForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            row = actions.opt_out(data["channel"], data["address"], said=data["said"], now=clock_now())
            messages.success(request, _("Nothing goes to %(who)s any more.") % {"who": shown(row)})
            return redirect("customers:opt-outs")
        except NotPossible as refusal:
            form.add_error("address" if refusal.field == "to" else None, str(refusal))
            status = 409
    table = Table(
        request,
        OptOut.objects.all(),
        [
            Column("address", gettext_lazy("Number or address"), shown, ("address",)),
            Column("channel", gettext_lazy("How"), lambda row: whole(row.get_channel_display())),
            Column("said", gettext_lazy("What they said"), lambda row: row.said),
            Column("since", gettext_lazy("Since"), _day, ("since",)),
        ],
        url=lambda row: reverse("customers:lift-opt-out", args=[row.pk]),
        search=lambda rows, text: rows.filter(address__icontains=text.strip("() ")),
        search_label=_("Number or address"),
        default_sort="-since",
        empty_title=_("Nobody asked us to stop"),
    )
    context = {"table": table, "form": form, "tab": "opt-outs"}
    return render_page(request, "customers/opt_outs.html", context, status=status)


def _day(row: OptOut) -> str:
    return f"{row.since:%b} {row.since.day}, {row.since.year}"


def shown(row: OptOut) -> str:
    """The address as people write it."""
    return format_us(row.address) if row.channel == Channel.TEXT else row.address


@requires(May.EDIT_CUSTOMERS)
def lift_opt_out(request: HttpRequest, opt_out_id: int) -> HttpResponse:
    """They want to hear from us again: how we know is asked."""
    row = get_object_or_404(OptOut, pk=opt_out_id)
    form = LiftForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        actions.lift_opt_out(row.pk, because=form.cleaned_data["because"])
        messages.success(request, _("Messages go to %(who)s again.") % {"who": shown(row)})
        return redirect("customers:opt-outs")
    context = {"form": form, "row": row, "address": shown(row), "tab": "opt-outs"}
    return render_page(request, "customers/lift_opt_out.html", context, status=status)


# Texts of strangers ----------------------------------------------------------------------------------


@require_safe
@requires(May.EDIT_CUSTOMERS)
def unknown_texts(request: HttpRequest) -> HttpResponse:
    """Texts from numbers that nobody on record has, waiting for somebody to say whose they are."""
    waiting = UnknownText.objects.filter(communication__isnull=True, is_dismissed=False)
    texts = [{"row": row, "number": format_us(row.number)} for row in waiting[:100]]
    context = {"texts": texts, "tab": "unknown", "zone": the_company().time_zone}
    return render_page(request, "customers/unknown_texts.html", context)


def _waiting_text(text_uuid: UUID) -> UnknownText:
    return get_object_or_404(UnknownText, uuid=text_uuid)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def take_up_text(request: HttpRequest, text_uuid: UUID) -> HttpResponse:
    """It is this customer's."""
    unknown = _waiting_text(text_uuid)
    customer_id = meant(request, request.POST.get("customer", "")[:200], field="customer")
    if customer_id is None:
        raise NotPossible(_("Say whose text it is: type a name and choose, or type the customer's number."))
    taken = actions.take_up_text(unknown.pk, customer_id=customer_id)
    messages.success(request, _("The text stands on the record of %(name)s.") % {"name": taken.customer.name})
    return redirect("customers:communication", taken.uuid)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def put_text_away(request: HttpRequest, text_uuid: UUID) -> HttpResponse:
    """Nobody of ours."""
    actions.put_text_away(_waiting_text(text_uuid).pk)
    messages.success(request, _("The text is put away."))
    return redirect("customers:unknown-texts")
