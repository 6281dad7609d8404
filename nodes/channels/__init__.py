"""Channels: how people hear of approvals, and answer them. One file each; `agentos.channels` adds more.

base.py       what a channel is, what it is told and what it may give back
registry.py   the channels there are
node.py       the internal node type that delivers a notice: retried and recorded like every task
email.py, slack.py, webhook.py, discord.py   the channels themselves
"""

from nodes.channels.node import ApprovalNotice

__all__ = ["ApprovalNotice"]
