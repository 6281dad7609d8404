import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { definitionsQuery } from "@/api/queries";
import { FilterText } from "@/components/FilterText";
import { en } from "@/text/en";
import classes from "./Runs.module.css";
import { type Filter, type SetFilter, STATUSES } from "./useFilter";

type Props = { filter: Filter; set: SetFilter; clear: () => void; isFiltered: boolean };

/** What narrows the list. Everything chosen here stands in the address. */
export function Filters({ filter, set, clear, isFiltered }: Props) {
  const [params] = useSearchParams();
  const [isOpen, setOpen] = useState(false);
  const statuses = filter.status ?? [];
  const toggle = (status: (typeof STATUSES)[number]) =>
    set(
      "status",
      statuses.includes(status) ? statuses.filter((each) => each !== status) : [...statuses, status],
    );
  return (
    <search className={classes.filters} aria-label={en.runs.filters}>
      <div className={classes.statuses} role="group" aria-label={en.runs.status}>
        {STATUSES.map((status) => (
          <button
            key={status}
            type="button"
            className={classes.chip}
            aria-pressed={statuses.includes(status)}
            onClick={() => toggle(status)}
          >
            {en.status[status]}
          </button>
        ))}
      </div>
      <button
        type="button"
        className={classes.moreFilters}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {en.runs.moreFilters}
      </button>
      <div className={classes.fields} data-open={isOpen || undefined}>
        <Workflows value={params.get("workflow") ?? ""} set={set} />
        <FilterText
          label={en.runs.errorType}
          value={params.get("error_type") ?? ""}
          onWrite={(text) => set("error_type", text)}
          w={170}
        />
        <NativeSelect
          size="xs"
          label={en.runs.waitingFor}
          value={params.get("waiting_for") ?? ""}
          onChange={(event) => set("waiting_for", event.currentTarget.value)}
          data={[
            { value: "", label: "–" },
            ...Object.entries(en.waitingFor).map(([value, label]) => ({ value, label })),
          ]}
        />
        <Instant name="started_from" label={en.runs.from} params={params} set={set} />
        <Instant name="started_to" label={en.runs.to} params={params} set={set} />
        <NativeSelect
          size="xs"
          label={en.runs.sort}
          value={params.get("sort") ?? "-started_at"}
          onChange={(event) => set("sort", event.currentTarget.value)}
          data={Object.entries(en.runs.sorts).map(([value, label]) => ({ value, label }))}
        />
      </div>
      {isFiltered ? (
        <Button size="xs" variant="default" onClick={clear}>
          {en.runs.clear}
        </Button>
      ) : null}
    </search>
  );
}

function Workflows({ value, set }: { value: string; set: SetFilter }) {
  const { data: definitions } = useQuery(definitionsQuery());
  const names = useMemo(
    () => [...new Set((definitions ?? []).map(({ namespace, name }) => `${namespace}/${name}`))],
    [definitions],
  );
  return (
    <>
      <FilterText
        label={en.runs.workflow}
        placeholder={en.runs.workflowPlaceholder}
        value={value}
        onWrite={(text) => set("workflow", text)}
        list="workflow-names"
        w={190}
      />
      <datalist id="workflow-names">
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}

type InstantProps = { name: string; label: string; params: URLSearchParams; set: SetFilter };

function Instant({ name, label, params, set }: InstantProps) {
  return (
    <TextInput
      size="xs"
      type="datetime-local"
      label={label}
      value={params.get(name) ?? ""}
      onChange={(event) => set(name, event.currentTarget.value)}
    />
  );
}
