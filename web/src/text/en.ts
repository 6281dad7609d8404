import { approvals } from "./en.approvals";
import { common } from "./en.common";
import { events } from "./en.events";
import { forks } from "./en.forks";
import { run } from "./en.run";
import { runs } from "./en.runs";
import { shell } from "./en.shell";
import { system } from "./en.system";
import { workflows } from "./en.workflows";

/** Every text a person reads, in English. A translation is another object of this shape. */
export const en = { ...common, ...shell, runs, run, workflows, approvals, events, forks, ...system } as const;
