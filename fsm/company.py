"""The one company, and the branch that is meant when nobody says."""

from __future__ import annotations

from django.db import transaction

from .models import Branch, Company


def the_company() -> Company:
    """The company's row; made with plain defaults on a database that has none."""
    company = Company.objects.first()
    if company is None:
        with transaction.atomic():
            company, _ = Company.objects.get_or_create(defaults={"name": "My company"})
    return company


def default_branch() -> Branch:
    """The first active branch; made from the company's name where there is none."""
    branch = Branch.objects.filter(is_active=True).order_by("pk").first()
    if branch is None:
        company = the_company()
        branch, _ = Branch.objects.get_or_create(
            name=company.city or company.name, defaults={"time_zone": company.time_zone}
        )
    return branch
