"""The contract suite of tasks backends."""

from intermediate.testing.tasks_moving import MovingTasks
from intermediate.testing.tasks_outages import Outages
from intermediate.testing.tasks_positions import FollowingTasks
from intermediate.testing.tasks_reading import ReadingTasks
from intermediate.testing.tasks_reports import ReportingTasks
from intermediate.testing.tasks_trash import TrashAndTransactions
from intermediate.testing.tasks_writing import WritingTasks


class TasksContract(
    WritingTasks, ReadingTasks, FollowingTasks, TrashAndTransactions, ReportingTasks, MovingTasks, Outages
):
    """The contract of every tasks backend."""
