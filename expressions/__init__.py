"""jq expressions: parsed, judged and evaluated here and nowhere else."""
