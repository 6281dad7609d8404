import { Ago } from "@/components/Ago";
import { VirtualRows } from "@/components/VirtualRows";
import { en } from "@/text/en";
import classes from "./Approvals.module.css";
import type { ApprovalSummary } from "./queries";

type Props = { items: readonly ApprovalSummary[]; chosen: string | null; onChoose: (id: string) => void };

/** The questions, one row each. */
export function Inbox({ items, chosen, onChoose }: Props) {
  return (
    <VirtualRows
      count={items.length}
      label={en.approvals.list}
      rowHeight={72}
      inSight={items.findIndex(({ id }) => id === chosen)}
      keyOf={(index) => items[index]?.id ?? index}
      row={(index) => {
        const item = items[index];
        return item ? <Row item={item} isChosen={item.id === chosen} onChoose={onChoose} /> : null;
      }}
    />
  );
}

type RowProps = { item: ApprovalSummary; isChosen: boolean; onChoose: (id: string) => void };

function Row({ item, isChosen, onChoose }: RowProps) {
  return (
    <button type="button" className={classes.row} aria-pressed={isChosen} onClick={() => onChoose(item.id)}>
      <strong className={classes.rowTitle}>{item.title}</strong>
      <span className={classes.rowFacts}>
        {item.workflow["name"]} · <Ago at={item.opened_at} />
        {item.quorum > 1 ? ` · ${en.approvals.votes(item.votes, item.quorum)}` : ""}
        {item.claimed_by ? ` · ${en.approvals.claimedBy(item.claimed_by)}` : ""}
      </span>
      <span className={classes.rowFacts}>
        {item.status === "open" ? (
          <Deadline at={item.deadline} />
        ) : (
          (en.approvals.statuses[item.status] ?? item.status)
        )}
      </span>
    </button>
  );
}

/** Until when it has to be decided, and whether that is past. */
export function Deadline({ at }: { at: string | null }) {
  if (!at) return null;
  const isOver = Date.parse(at) < Date.now();
  return (
    <span className={isOver ? classes.overdue : undefined}>
      {en.approvals.deadline} <Ago at={at} />
      {isOver ? ` (${en.approvals.overdue})` : ""}
    </span>
  );
}
