"""The report: one HTML page and a model card, from a fitted model.

And the pages of a layer study, of a ranking of sources, of a map of tasks and of a map of transfer.
"""

from .card import model_card
from .layer_page import render_layers, write_layers
from .page import render_report, write_report
from .ranking_page import render_ranking, write_ranking
from .task_map_page import render_task_map, write_task_map
from .transfer_map_page import render_transfer_map, write_transfer_map

__all__ = [
    "model_card",
    "render_layers",
    "render_ranking",
    "render_report",
    "render_task_map",
    "render_transfer_map",
    "write_layers",
    "write_ranking",
    "write_report",
    "write_task_map",
    "write_transfer_map",
]
