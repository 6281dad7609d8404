"""What goes wrong outside AgentOS, each error with what was expected, what was found, and what to do.

InfrastructureError
├── InvalidSettings     a setting has no usable value (exit code 2)
├── Unreachable         Kafka or Postgres did not answer before the deadline
├── TopicMismatch       a topic exists, but not as described
├── RecordsMissing      records that were asked for are no longer in the log
├── MigrationMismatch   the database was migrated by other files than these
├── StackHeld           another process runs the stack of this data folder
├── StackNotRunning     nothing runs the stack of this data folder
└── StackFailed         a part of the embedded stack can't be installed, started or stopped
"""

from __future__ import annotations


class InfrastructureError(Exception):
    """Something outside AgentOS isn't as expected. The message says what was expected, found, and what to do."""

    #: What a command that ends with this error exits with.
    exit_code = 1


class InvalidSettings(InfrastructureError):
    """A setting has no usable value."""

    exit_code = 2


class Unreachable(InfrastructureError):
    """Kafka or Postgres did not answer before the deadline."""


class TopicMismatch(InfrastructureError):
    """A topic exists, but not as described."""


class RecordsMissing(InfrastructureError):
    """Records that were asked for are no longer in the log."""


class MigrationMismatch(InfrastructureError):
    """The database was migrated by other files than these."""


class StackHeld(InfrastructureError):
    """Another process runs the stack of this data folder."""


class StackNotRunning(InfrastructureError):
    """Nothing runs the stack of this data folder."""

    exit_code = 3


class StackFailed(InfrastructureError):
    """A part of the embedded stack can't be installed, started or stopped."""
