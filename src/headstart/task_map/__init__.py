"""The map of tasks: which transfer to which, which sources to buy within a budget, which to train together."""

from .grouping import Grouping
from .joint import JointTraining
from .map import TaskMap
from .policy import Policies, Policy
from .tree import TaskTree

__all__ = ["Grouping", "JointTraining", "Policies", "Policy", "TaskMap", "TaskTree"]
