"""The snapshots stage: folds the events topic into Postgres, where the API and the orchestrator read it."""
