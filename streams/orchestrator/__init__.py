"""The orchestrator: takes commands, decides, writes commits, and only then reacts."""
