from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension, UnaccentExtension
from django.db import migrations


class Migration(migrations.Migration):
    """What the tables stand on: overlap constraints and search by trigrams."""

    operations = [BtreeGistExtension(), TrigramExtension(), UnaccentExtension()]
