"""The report: one HTML page and a model card, from a fitted model; the page of a layer study."""

from .card import model_card
from .layer_page import render_layers, write_layers
from .page import render_report, write_report
from .ranking_page import render_ranking, write_ranking

__all__ = [
    "model_card",
    "render_layers",
    "render_ranking",
    "render_report",
    "write_layers",
    "write_ranking",
    "write_report",
]
