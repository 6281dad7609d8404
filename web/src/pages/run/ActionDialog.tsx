import { Button, Group, JsonInput, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { postJson } from "@/api/client";
import { type Run, runQuery } from "@/api/queries";
import { Problem } from "@/components/Problem";
import { en } from "@/text/en";
import { type Action, requestOf } from "./actions";

type Props = { run: Run; action: Action; onClose: () => void };

/** Says what an action does, asks for what it needs, and does it. */
export function ActionDialog({ run, action, onClose }: Props) {
  const [reason, setReason] = useState("");
  const [output, setOutput] = useState("null");
  const client = useQueryClient();
  const parsed = parse(output);
  const order = useMutation({
    mutationFn: () => postJson<Run>(...requestOf(run.run, action, { reason, output: parsed.value })),
    onSuccess: (after) => {
      client.setQueryData(runQuery(run.run).queryKey, after);
      onClose();
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={en.run.confirm[action.kind]}
      closeButtonProps={{ "aria-label": en.close }}
    >
      <p>{textOf(action)}</p>
      {action.kind === "cancel" || action.kind === "suspend" ? (
        <TextInput
          label={en.run.confirm.reason}
          value={reason}
          maxLength={1000}
          onChange={(event) => setReason(event.currentTarget.value)}
          data-autofocus
        />
      ) : null}
      {action.kind === "skip" ? (
        <JsonInput
          label={en.run.confirm.output}
          value={output}
          onChange={setOutput}
          error={parsed.isValid ? null : en.run.confirm.invalidJson}
          autosize
          minRows={4}
          spellCheck={false}
        />
      ) : null}
      {order.error ? <Problem error={order.error} /> : null}
      <Group justify="end" mt="md">
        <Button variant="default" onClick={onClose}>
          {en.close}
        </Button>
        <Button
          color={action.kind === "cancel" ? "red.9" : "ink"}
          onClick={() => order.mutate()}
          loading={order.isPending}
          disabled={action.kind === "skip" && !parsed.isValid}
        >
          {en.run.action[action.kind]}
        </Button>
      </Group>
    </Modal>
  );
}

function textOf({ kind, path }: Action): string {
  const { confirm } = en.run;
  const texts = {
    cancel: confirm.cancelText,
    suspend: confirm.suspendText,
    resume: confirm.resumeText,
    retry: confirm.retryText(path),
    skip: confirm.skipText(path),
  };
  return texts[kind];
}

function parse(text: string): { isValid: boolean; value: unknown } {
  try {
    return { isValid: true, value: JSON.parse(text) };
  } catch {
    return { isValid: false, value: null };
  }
}
