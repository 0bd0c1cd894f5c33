"""What reporting keeps: one module for each thing it keeps, named here so that Django and the rest of reporting find them."""

from onedoor.reporting.models.improvement import (
    ForumAction,
    ForumMeeting,
    Initiative,
    InitiativeHistory,
    Milestone,
    ProgressNote,
    Trajectory,
)
from onedoor.reporting.models.loop import Area, AreaFile, LoopCounting, LoopMonth, Reach
from onedoor.reporting.models.measures import ChartPicture, Closing, MeasureVersion, Snapshot, SnapshotPerson
from onedoor.reporting.models.msk import ServiceCount
from onedoor.reporting.models.packs import Pack, PackReader, PackRequest, PackSchedule
from onedoor.reporting.models.published import PublishedFigure, PublishedFile

__all__ = [
    "Area",
    "AreaFile",
    "ChartPicture",
    "Closing",
    "ForumAction",
    "ForumMeeting",
    "Initiative",
    "InitiativeHistory",
    "LoopCounting",
    "LoopMonth",
    "MeasureVersion",
    "Milestone",
    "Pack",
    "PackReader",
    "PackRequest",
    "PackSchedule",
    "ProgressNote",
    "PublishedFigure",
    "PublishedFile",
    "Reach",
    "ServiceCount",
    "Snapshot",
    "SnapshotPerson",
    "Trajectory",
]
