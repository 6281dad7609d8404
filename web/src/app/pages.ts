import type { ComponentType } from "react";
import { en } from "@/text/en";

type Module = { Component: ComponentType };

/** A page: its address, and for one that is a tab its name and the key that follows `g` to get there. */
export type Page = { path: string; load: () => Promise<Module>; tab?: { label: string; key: string } };

/** Every page, in the order of the tabs. One folder each in `pages/`; each is loaded when it is first opened. */
export const pages: readonly Page[] = [
  { path: "/runs", load: () => import("@/pages/runs"), tab: { label: en.tabs.runs, key: "r" } },
  { path: "/runs/:run", load: () => import("@/pages/run") },
  { path: "/compare", load: () => import("@/pages/compare") },
  {
    path: "/approvals",
    load: () => import("@/pages/approvals"),
    tab: { label: en.tabs.approvals, key: "p" },
  },
  {
    path: "/workflows",
    load: () => import("@/pages/workflows"),
    tab: { label: en.tabs.workflows, key: "w" },
  },
  { path: "/workflows/:namespace/:name/:version", load: () => import("@/pages/workflow") },
  { path: "/events", load: () => import("@/pages/events"), tab: { label: en.tabs.events, key: "e" } },
  { path: "/nodes", load: () => import("@/pages/nodes"), tab: { label: en.tabs.nodes, key: "n" } },
  { path: "/about", load: () => import("@/pages/about"), tab: { label: en.tabs.about, key: "a" } },
];

export const tabs = pages.flatMap(({ path, tab }) => (tab ? [{ path, ...tab }] : []));
