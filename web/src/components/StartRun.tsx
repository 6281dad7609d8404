import { Button, Group, JsonInput, Modal } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { postJson } from "@/api/client";
import { definitionQuery, type Run } from "@/api/queries";
import { exampleInput, expectedInput, parseInput } from "@/model/input";
import { en } from "@/text/en";
import { Problem } from "./Problem";
import classes from "./StartRun.module.css";

type Workflow = { namespace: string; name: string; version: string };
type Props = { definition: Workflow; input?: unknown; onClose: () => void };

/** Asks for the input, checked against what the workflow says it expects, and starts a run. */
export function StartRun({ definition, input, onClose }: Props) {
  const { namespace, name, version } = definition;
  const { data } = useQuery(definitionQuery(namespace, name, version));
  const [typed, setTyped] = useState<string | null>(
    input === undefined ? null : JSON.stringify(input, null, 2),
  );
  const navigate = useNavigate();
  const expected = expectedInput(data?.document);
  const text = typed ?? JSON.stringify(exampleInput(expected), null, 2);
  const parsed = parseInput(text, expected);
  const start = useMutation({
    mutationFn: (given: unknown) => {
      const key = { "idempotency-key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
      return postJson<Run>("/api/v1/runs", { workflow: { namespace, name, version }, input: given }, key);
    },
    onSuccess: ({ run }) => navigate(`/runs/${run}`),
  });
  const begin = () => {
    if (parsed.error === null) start.mutate(parsed.value);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={en.workflows.startTitle(`${namespace}/${name}`)}
      closeButtonProps={{ "aria-label": en.close }}
    >
      {expected.length ? (
        <div className={classes.expected}>
          <p>{en.workflows.expects}</p>
          <ul>
            {expected.map((each) => (
              <li key={each.name}>
                <code>{each.name}</code> {each.type}{" "}
                {each.isRequired ? <em>{en.workflows.required}</em> : null} {each.description}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      <JsonInput
        label={en.workflows.input}
        description={en.workflows.inputHint}
        value={text}
        onChange={setTyped}
        error={parsed.error}
        autosize
        minRows={6}
        maxRows={18}
        spellCheck={false}
        data-autofocus
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) begin();
        }}
      />
      {start.error ? <Problem error={start.error} /> : null}
      <Group justify="end" mt="md">
        <Button variant="default" onClick={onClose}>
          {en.cancel}
        </Button>
        <Button onClick={begin} disabled={parsed.error !== null} loading={start.isPending}>
          {en.workflows.go}
        </Button>
      </Group>
    </Modal>
  );
}
