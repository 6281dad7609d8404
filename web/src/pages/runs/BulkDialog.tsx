import { Button, Group, Modal, Progress, TextInput } from "@mantine/core";
import { useState } from "react";
import { postJson } from "@/api/client";
import { sentence } from "@/api/problem";
import type { RunSummary } from "@/api/queries";
import { StatusBadge } from "@/components/StatusBadge";
import { en } from "@/text/en";
import { type BulkAction, eachOf, preview } from "./bulk";
import classes from "./Runs.module.css";

type Props = { action: BulkAction; runs: readonly RunSummary[]; onClose: () => void };
type Progressed = { done: number; of: number; failed: { run: string; why: string }[] };

const AT_ONCE = 4;

/** Shows what an action would change, does it when told to, and says which runs refused. */
export function BulkDialog({ action, runs, onClose }: Props) {
  const [{ will, wont }] = useState(() => preview(action, runs));
  const [reason, setReason] = useState("");
  const [progress, setProgress] = useState<Progressed | null>(null);
  const go = async () => {
    const at: Progressed = { done: 0, of: will.length, failed: [] };
    setProgress({ ...at });
    await eachOf(will, AT_ONCE, async ({ run }) => {
      try {
        await postJson(`/api/v1/runs/${encodeURIComponent(run)}/${action}`, { reason });
      } catch (error) {
        at.failed.push({ run, why: sentence(error) });
      }
      at.done += 1;
      setProgress({ ...at });
    });
  };
  const isOver = progress !== null && progress.done === progress.of;
  return (
    <Modal
      opened
      onClose={onClose}
      title={en.runs.bulk.title[action]}
      closeButtonProps={{ "aria-label": en.close }}
    >
      {will.length ? <p>{en.runs.bulk.will(will.length)}</p> : <p>{en.runs.bulk.none}</p>}
      <List runs={will} />
      {wont.length ? (
        <>
          <p>{en.runs.bulk.wont(wont.length)}</p>
          <List runs={wont} />
        </>
      ) : null}
      {progress ? <Outcome progress={progress} /> : null}
      {will.length && !progress && action !== "resume" ? (
        <TextInput
          label={en.runs.bulk.reason}
          value={reason}
          maxLength={1000}
          onChange={(event) => setReason(event.currentTarget.value)}
          mb="md"
        />
      ) : null}
      <Group justify="end">
        <Button variant="default" onClick={onClose}>
          {isOver || !will.length ? en.close : en.cancel}
        </Button>
        {will.length && !isOver ? (
          <Button
            onClick={() => void go()}
            loading={progress !== null}
            color={action === "cancel" ? "red.9" : "ink"}
          >
            {en.runs.bulk.go[action]}
          </Button>
        ) : null}
      </Group>
    </Modal>
  );
}

function List({ runs }: { runs: readonly RunSummary[] }) {
  return (
    <ul className={classes.preview}>
      {runs.map(({ run, workflow, status }) => (
        <li key={run}>
          <StatusBadge status={status} /> {workflow.name} <span className="mono">{run.slice(0, 8)}</span>
        </li>
      ))}
    </ul>
  );
}

function Outcome({ progress }: { progress: Progressed }) {
  const { done, of, failed } = progress;
  return (
    <div role="status">
      <Progress value={(100 * done) / Math.max(1, of)} mb="xs" aria-label={en.runs.bulk.done(done, of)} />
      <p>{en.runs.bulk.done(done, of)}</p>
      {failed.length ? (
        <>
          <p>{en.runs.bulk.failed(failed.length)}</p>
          <ul className={classes.preview}>
            {failed.map(({ run, why }) => (
              <li key={run}>
                <span className="mono">{run.slice(0, 8)}</span> {why}
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </div>
  );
}
