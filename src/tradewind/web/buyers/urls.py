"""The addresses of buyers."""

from __future__ import annotations

from django.urls import path

from tradewind.web.buyers import views

urlpatterns = [
    path("buyers/", views.buyers, name="buyers"),
    path("buyers/<int:buyer_id>", views.buyer, name="buyer"),
]
