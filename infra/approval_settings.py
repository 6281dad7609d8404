"""The settings of approvals and their channels."""

from __future__ import annotations

from pydantic import SecretStr

from infra.setting_group import Group, setting


class ApprovalSettings(Group):
    """Who is asked by workflows, and how they answer."""

    people: str | None = setting(
        "AGENTOS_PEOPLE",
        None,
        "The people: JSON, or the path of a JSON file: `{NAME: {email, slack, groups}}`.",
    )
    act_for_others: bool = setting(
        "AGENTOS_ACT_FOR_OTHERS",
        False,
        "Whether who has the administrator's token may name the person they act for (`X-AgentOS-User`). Everybody with"
        " the token is then believed. `agentos up` sets it.",
    )
    link_key: SecretStr | None = setting(
        "AGENTOS_LINK_KEY", None, "Signs one-time links of approvals. Unset: made from AGENTOS_TOKEN.", min_length=16
    )
    slack_signing_secret: SecretStr | None = setting(
        "AGENTOS_SLACK_SIGNING_SECRET",
        None,
        "Tells that a button was pressed in Slack. Unset: none is believed.",
    )
    link_s: float = setting("AGENTOS_LINK_S", 7 * 86400, "How long such a link is good at most.", ge=60, le=90 * 86400)
    public_url: str | None = setting(
        "AGENTOS_PUBLIC_URL",
        None,
        "Address of this API for people and channels. Unset: that of this machine.",
        pattern=r"^https?://[^\s/]+(/[^\s]*)?$",
    )
