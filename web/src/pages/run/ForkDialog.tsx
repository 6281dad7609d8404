import { Button, Group, JsonInput, Modal, NativeSelect } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { postJson } from "@/api/client";
import type { Run } from "@/api/queries";
import { Problem } from "@/components/Problem";
import type { RunView } from "@/model/runView";
import { en } from "@/text/en";

type Props = { run: Run; view: RunView; onClose: () => void };

/** Asks what is to be different, says what will run again, and begins a run from this moment. */
export function ForkDialog({ run, view, onClose }: Props) {
  const before = JSON.stringify(run.input, null, 2);
  const [input, setInput] = useState(before);
  const [mode, setMode] = useState("live");
  const navigate = useNavigate();
  const isValid = isJson(input);
  const fork = useMutation({
    mutationFn: () => {
      const changed = input === before ? {} : { input: JSON.parse(input) as unknown };
      return postJson<Run>(`/api/v1/runs/${run.run}/forks`, { event: view.seq, mode, ...changed });
    },
    onSuccess: ({ run: id }) => navigate(`/runs/${id}`),
  });
  const again = [...view.live].filter(({ status }) => status !== "completed").map(({ path }) => path);
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={en.forks.title(view.seq)}
      closeButtonProps={{ "aria-label": en.close }}
    >
      <p>{en.forks.text}</p>
      <JsonInput
        label={en.forks.input}
        description={en.forks.inputHint}
        value={input}
        onChange={setInput}
        error={isValid ? null : en.run.confirm.invalidJson}
        autosize
        minRows={4}
        maxRows={14}
        spellCheck={false}
        mb="sm"
      />
      <NativeSelect
        label={en.forks.mode}
        value={mode}
        onChange={(event) => setMode(event.currentTarget.value)}
        data={Object.entries(en.forks.modes).map(([value, label]) => ({ value, label }))}
      />
      {again.length ? (
        <>
          <p>{en.forks.again}</p>
          <ul>
            {again.slice(0, 20).map((path) => (
              <li key={path}>
                <code>{path}</code>
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p>{en.forks.nothing}</p>
      )}
      {fork.error ? <Problem error={fork.error} /> : null}
      <Group justify="end" mt="md">
        <Button variant="default" onClick={onClose}>
          {en.cancel}
        </Button>
        <Button onClick={() => fork.mutate()} disabled={!isValid} loading={fork.isPending}>
          {en.forks.go}
        </Button>
      </Group>
    </Modal>
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
