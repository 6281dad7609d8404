"""Our JSON Schema (draft 2020-12) of the workflow language, Serverless Workflow DSL 1.0.3.

Written by us from the standard's text: the shapes are the standard's, the words are ours. It also drives `check`.
Extensions of ours say "AgentOS:" in their description: `fork.limit`, `for.concurrency`, `for.maxIterations` and
`try.finally`. A document without them is a standard one.
"""

from __future__ import annotations

from typing import Any

from language.schema import authentication, common, events, tasks, workflow

__all__ = ["DSL_SCHEMA"]

#: The schema of the language, without the arguments of registered node types.
DSL_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Workflow",
    **workflow.WORKFLOW,
    "$defs": {
        **workflow.DEFINITIONS,
        **tasks.DEFINITIONS,
        **events.DEFINITIONS,
        **authentication.DEFINITIONS,
        **common.DEFINITIONS,
    },
}
