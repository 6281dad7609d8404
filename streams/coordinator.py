"""Committed offsets as the broker means them.

A broker that cannot say what a group committed (it has just become the group's coordinator, or is it no longer) answers
with an error for the whole group and without any partition. aiokafka looks at the errors of partitions alone, takes
the answer for "nothing was ever committed", and begins at the start of every topic: after a pause of the broker a
worker would run all tasks of the last days once more. Here that error is raised, and aiokafka asks again.
"""

from __future__ import annotations

from typing import Any

from aiokafka import errors
from aiokafka.consumer import consumer as client
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.protocol.commit import OffsetFetchRequest


class Coordinator(GroupCoordinator):  # type: ignore[misc]
    """The client's side of a consumer group."""

    async def _send_req(self, request: Any) -> Any:
        response = await super()._send_req(request)
        if isinstance(request, OffsetFetchRequest):
            self._refuse(response)
        return response

    def _refuse(self, response: Any) -> None:
        """Raise the error of the whole group, if there is one."""
        error = errors.for_code(getattr(response, "error_code", 0))
        if error is errors.NotCoordinatorForGroupError:
            self.coordinator_dead()
        if error is not errors.NoError:
            raise error


def install() -> None:
    """Let every consumer of this process have this coordinator: the library has no setting for it."""
    client.GroupCoordinator = Coordinator
