"""The report: one HTML page and a model card, from a fitted model."""

from .card import model_card
from .page import render_report, write_report

__all__ = ["model_card", "render_report", "write_report"]
