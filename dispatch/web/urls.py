from django.urls import path

from . import board

app_name = "dispatch"
urlpatterns = [
    path("board/", board.board, name="board"),
    path("board/rows/", board.board_rows, name="board-rows"),
    path("board/visits/<uuid:visit_uuid>/", board.board_visit, name="board-visit"),
    path("board/visits/<uuid:visit_uuid>/place/", board.place_visit, name="place-visit"),
    path("board/visits/<uuid:visit_uuid>/unschedule/", board.unschedule_visit, name="unschedule-visit"),
    path("board/visits/<uuid:visit_uuid>/technicians/add/", board.add_technician, name="add-technician"),
    path(
        "board/visits/<uuid:visit_uuid>/technicians/release/",
        board.release_technician,
        name="release-technician",
    ),
]
