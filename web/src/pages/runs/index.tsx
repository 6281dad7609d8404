import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { Command } from "@/components/Command";
import { EmptyState } from "@/components/EmptyState";
import { Problem } from "@/components/Problem";
import { useTitle } from "@/components/useTitle";
import { en } from "@/text/en";
import { BulkBar } from "./BulkBar";
import { Filters } from "./Filters";
import classes from "./Runs.module.css";
import { RunsTable } from "./RunsTable";
import { SavedViews } from "./SavedViews";
import { useFilter } from "./useFilter";
import { useRunList } from "./useRunList";

/** The list of runs: filters in the address, live, with actions on many. */
export function Component() {
  useTitle(en.runs.title);
  const { filter, set, clear, isFiltered } = useFilter();
  const list = useRunList(filter);
  const [selected, select] = useState<ReadonlySet<string>>(new Set());
  const chosen = list.runs.filter(({ run }) => selected.has(run));
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1 className={classes.title}>{en.runs.title}</h1>
        <span className={classes.count} role="status">
          {list.isLoaded ? en.runs.shown(list.runs.length, list.hasMore) : en.loading}
        </span>
        <SavedViews />
      </div>
      <Filters filter={filter} set={set} clear={clear} isFiltered={isFiltered} />
      {chosen.length ? <BulkBar runs={chosen} onUnselect={() => select(new Set())} /> : null}
      {list.hasNews ? (
        <Button size="compact-sm" variant="light" onClick={list.refresh} className={classes.news}>
          {en.runs.changed}
        </Button>
      ) : null}
      {list.error && !list.runs.length ? <Problem error={list.error} onRetry={list.refresh} /> : null}
      {list.isLoaded && !list.runs.length ? (
        <None isFiltered={isFiltered} clear={clear} />
      ) : (
        <RunsTable runs={list.runs} selected={selected} select={select} onEnd={list.more} />
      )}
    </div>
  );
}

function None({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }) {
  if (isFiltered)
    return (
      <EmptyState title={en.runs.noMatch} text={en.runs.noMatchHint}>
        <Button variant="default" onClick={clear}>
          {en.runs.clear}
        </Button>
      </EmptyState>
    );
  return (
    <EmptyState title={en.runs.empty} text={en.runs.emptyHint}>
      <Command text={en.runs.emptyCommand} />
      <Button component={Link} to="/workflows">
        {en.runs.toWorkflows}
      </Button>
    </EmptyState>
  );
}
