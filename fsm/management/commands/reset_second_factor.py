"""The last way back in for somebody whose phone and backup codes are gone."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fsm.attribution import attributed
from fsm.models import User
from fsm.second_factor import remove_second_factor


class Command(BaseCommand):
    """Managers do this on the person's page; here it is for the only owner."""

    help = "Ask a person for the password alone from now on; it stands in their history."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"].strip().lower()).first()
        if person is None:
            raise CommandError(f"Nobody signs in as {options['username']}.")
        if person.second_factor_at is None:
            raise CommandError(f"{person} is not asked for a second factor.")
        with attributed(source="command:reset_second_factor", actor_name="Command line"):
            remove_second_factor(person.pk)
        self.stdout.write(f"{person} signs in with the password alone now.")
