"""Which records are the same customer: keys propose pairs, points judge them, a person decides the rest.

Plain Python without the database. `record` makes what is compared out of text as it was typed; `keys_of`
gives keys that a column can hold; `score` and `band` judge a pair; `find_duplicates` judges a whole list.
"""

from __future__ import annotations

from .clusters import Cluster, Duplicates, Pair, find_duplicates, likely_duplicates
from .keys import MOST_IN_A_GROUP, candidate_pairs, keys_of
from .records import Door, Record, door, door_of_lines, record
from .scoring import AUTO, POINTS, REVIEW, VERSION, Band, Score, band, score

__all__ = [
    "AUTO",
    "MOST_IN_A_GROUP",
    "POINTS",
    "REVIEW",
    "VERSION",
    "Band",
    "Cluster",
    "Door",
    "Duplicates",
    "Pair",
    "Record",
    "Score",
    "band",
    "candidate_pairs",
    "door",
    "door_of_lines",
    "find_duplicates",
    "keys_of",
    "likely_duplicates",
    "record",
    "score",
]
