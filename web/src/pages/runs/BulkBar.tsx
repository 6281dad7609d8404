import { Button } from "@mantine/core";
import { useState } from "react";
import type { RunSummary } from "@/api/queries";
import { en } from "@/text/en";
import { BulkDialog } from "./BulkDialog";
import type { BulkAction } from "./bulk";
import classes from "./Runs.module.css";

type Props = { runs: readonly RunSummary[]; onUnselect: () => void };

/** What can be done with the selected runs. Nothing happens before a preview. */
export function BulkBar({ runs, onUnselect }: Props) {
  const [action, setAction] = useState<BulkAction | null>(null);
  return (
    <div className={classes.bulk}>
      <strong>{en.runs.selected(runs.length)}</strong>
      {(["cancel", "suspend", "resume"] as const).map((each) => (
        <Button key={each} size="xs" variant="default" onClick={() => setAction(each)}>
          {en.runs.bulk[each]}
        </Button>
      ))}
      <Button size="xs" variant="subtle" onClick={onUnselect}>
        {en.runs.unselect}
      </Button>
      {action ? <BulkDialog action={action} runs={runs} onClose={() => setAction(null)} /> : null}
    </div>
  );
}
