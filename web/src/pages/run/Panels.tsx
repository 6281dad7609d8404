import { Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import type { Definition, Run } from "@/api/queries";
import type { RunEvent } from "@/live/hub";
import type { RunView } from "@/model/runView";
import { en } from "@/text/en";
import { DataPanel } from "./DataPanel";
import { EventList } from "./EventList";
import { LineagePanel } from "./LineagePanel";
import classes from "./Run.module.css";
import { StatePanel } from "./StatePanel";
import { Timeline } from "./Timeline";
import { usePlace } from "./usePlace";
import { YamlPanel } from "./YamlPanel";

type PanelName = keyof typeof en.run.tabs;

export type PanelProps = {
  run: Run;
  events: readonly RunEvent[];
  isLoaded: boolean;
  view: RunView;
  /** The selected task of the document. */
  task: string | null;
  select: (task: string | null) => void;
  /** The event the page stands at; `null` for now. */
  at: number | null;
  setAt: (seq: number | null) => void;
  definition: (Definition & { text?: string }) | undefined;
};

const PANELS: Record<PanelName, (props: PanelProps) => ReactNode> = {
  timeline: (props) => <Timeline {...props} />,
  events: (props) => <EventList {...props} />,
  data: (props) => <DataPanel {...props} />,
  state: (props) => <StatePanel {...props} />,
  yaml: (props) => <YamlPanel {...props} />,
  lineage: (props) => <LineagePanel {...props} />,
};

/** Everything about the run beside its graph, one panel at a time. Only the open one is made. */
export function Panels(props: PanelProps) {
  const { tab, set } = usePlace();
  const open = tab in PANELS ? tab : "timeline";
  return (
    <section className={classes.panels} aria-label={en.run.panels}>
      <Tabs
        value={open}
        onChange={(value) => set("tab", value === "timeline" ? null : value)}
        keepMounted={false}
        className={classes.panelTabs}
      >
        <Tabs.List className={classes.tabList}>
          {(Object.keys(PANELS) as PanelName[]).map((name) => (
            <Tabs.Tab key={name} value={name}>
              {en.run.tabs[name]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {props.task ? <Selected task={props.task} select={props.select} /> : null}
        {Object.entries(PANELS).map(([name, panel]) => (
          <Tabs.Panel key={name} value={name} className={classes.panel}>
            {name === open ? panel(props) : null}
          </Tabs.Panel>
        ))}
      </Tabs>
    </section>
  );
}

function Selected({ task, select }: { task: string; select: (task: string | null) => void }) {
  return (
    <div className={classes.selected}>
      {en.run.selected} <code>{task}</code>
      <button type="button" className={classes.small} onClick={() => select(null)}>
        {en.run.showAll}
      </button>
    </div>
  );
}
