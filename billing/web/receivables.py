"""Who owes what, by age."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from fsm.permissions import May, requires
from fsm.web.pages import render_page

from .. import ledger


@require_safe
@requires(May.SEE_MONEY)
def receivables(request: HttpRequest) -> HttpResponse:
    """Every customer who owes, in columns by how late; each leads to their open invoices."""
    today = ledger.company_today()
    owed = ledger.receivables(request.user, today)
    return render_page(request, "billing/receivables.html", {"owed": owed, "today": today})
