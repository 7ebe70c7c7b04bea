from django.urls import URLPattern

app_name = "fsm"
urlpatterns: list[URLPattern] = []
