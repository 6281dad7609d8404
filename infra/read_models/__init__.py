"""The read side of Postgres: lists, single runs, states of the past, definitions, counts."""

from infra.read_models.approvals import (
    ApprovalDetail,
    ApprovalFilter,
    ApprovalPage,
    Approvals,
    ApprovalSort,
    ApprovalSummary,
)
from infra.read_models.cursor import InvalidCursor
from infra.read_models.database import Database
from infra.read_models.definitions import DeadLetterRow, DefinitionRow, Definitions, PartitionProgress
from infra.read_models.runs import (
    CommitPlace,
    RunCount,
    RunDetail,
    RunFilter,
    RunPage,
    Runs,
    RunSort,
    RunSummary,
    StateAt,
)

__all__ = [
    "ApprovalDetail",
    "ApprovalFilter",
    "ApprovalPage",
    "ApprovalSort",
    "ApprovalSummary",
    "Approvals",
    "CommitPlace",
    "Database",
    "DeadLetterRow",
    "DefinitionRow",
    "Definitions",
    "InvalidCursor",
    "PartitionProgress",
    "RunCount",
    "RunDetail",
    "RunFilter",
    "RunPage",
    "RunSort",
    "RunSummary",
    "Runs",
    "StateAt",
]
