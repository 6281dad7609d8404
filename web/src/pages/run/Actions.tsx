import { Button, Menu } from "@mantine/core";
import { useState } from "react";
import type { Run } from "@/api/queries";
import { StartRun } from "@/components/StartRun";
import type { RunView } from "@/model/runView";
import { en } from "@/text/en";
import { ActionDialog } from "./ActionDialog";
import { type Action, actionsFor } from "./actions";
import { ForkDialog } from "./ForkDialog";

type Props = { run: Run; view: RunView; status: string };

/** What can be done with a run now. Each asks before it acts. */
export function Actions({ run, view, status }: Props) {
  const [isForking, fork] = useState(false);
  const [action, choose] = useState<Action | null>(null);
  const [isStarting, start] = useState(false);
  return (
    <div style={{ marginLeft: "auto" }}>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Button size="xs" variant="default">
            {en.run.actions} ▾
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {actionsFor(status, run).map((each) => (
            <Menu.Item key={`${each.kind}${each.path}`} onClick={() => choose(each)}>
              {en.run.action[each.kind]}
              {each.path ? ` ${each.path}` : ""}
            </Menu.Item>
          ))}
          {view.seq > 0 ? <Menu.Item onClick={() => fork(true)}>{en.forks.action}</Menu.Item> : null}
          <Menu.Item onClick={() => start(true)}>{en.run.action.again}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {action ? <ActionDialog run={run} action={action} onClose={() => choose(null)} /> : null}
      {isForking ? <ForkDialog run={run} view={view} onClose={() => fork(false)} /> : null}
      {isStarting ? (
        <StartRun definition={run.workflow} input={run.input} onClose={() => start(false)} />
      ) : null}
    </div>
  );
}
