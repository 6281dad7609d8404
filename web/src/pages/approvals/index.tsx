import { NativeSelect, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useAddress } from "@/app/useAddress";
import { EmptyState } from "@/components/EmptyState";
import { FilterText } from "@/components/FilterText";
import { Problem } from "@/components/Problem";
import { useTitle } from "@/components/useTitle";
import { en } from "@/text/en";
import classes from "./Approvals.module.css";
import { Inbox } from "./Inbox";
import { Question } from "./Question";
import { type ApprovalFilter, type ApprovalSummary, approvalsQuery } from "./queries";

const MOST = 200;

/** What workflows ask people: the questions, and the one that is chosen with its form. */
export function Component() {
  useTitle(en.approvals.title);
  const { params, set } = useAddress();
  const status = params.get("status") ?? "open";
  const who = params.get("who") === "all" ? "all" : "me";
  const text = params.get("text") ?? "";
  const filter = { who, status: [status], limit: MOST, ...(text ? { text } : {}) } as ApprovalFilter;
  const { data, error, refetch } = useQuery(approvalsQuery(filter));
  const items = data?.items ?? [];
  const chosen = params.get("id");
  useKeys(items, chosen, (id) => set("id", id));
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1 className={classes.title}>{en.approvals.title}</h1>
        <span className={classes.quiet} role="status">
          {data ? en.approvals.count(data.count) : en.loading}
        </span>
        <SegmentedControl
          size="xs"
          aria-label={en.approvals.who}
          value={who}
          onChange={(value) => set("who", value === "all" ? "all" : null)}
          data={[
            { value: "me", label: en.approvals.mine },
            { value: "all", label: en.approvals.all },
          ]}
        />
        <NativeSelect
          size="xs"
          aria-label={en.approvals.status}
          value={status}
          onChange={(event) => set("status", event.currentTarget.value)}
          data={Object.entries(en.approvals.statuses).map(([value, label]) => ({ value, label }))}
        />
        <FilterText
          aria-label={en.approvals.filter}
          placeholder={en.approvals.filter}
          value={text}
          onWrite={(value) => set("text", value)}
        />
      </div>
      {error && !data ? <Problem error={error} onRetry={() => void refetch()} /> : null}
      {data && !items.length && !chosen ? (
        <None isPlain={who === "me" && status === "open" && !text} />
      ) : (
        <div className={classes.columns}>
          <Inbox items={items} chosen={chosen} onChoose={(id) => set("id", id)} />
          {chosen ? (
            <Question key={chosen} id={chosen} />
          ) : (
            <p className={classes.hint}>{en.approvals.choose}</p>
          )}
        </div>
      )}
    </div>
  );
}

function None({ isPlain }: { isPlain: boolean }) {
  if (isPlain) return <EmptyState title={en.approvals.none} text={en.approvals.noneHint} />;
  return <EmptyState title={en.approvals.noMatch} text={en.approvals.noMatchHint} />;
}

/** `j` and `k` go through the list. */
function useKeys(
  items: readonly ApprovalSummary[],
  chosen: string | null,
  choose: (id: string) => void,
): void {
  const latest = useRef({ items, chosen, choose });
  latest.current = { items, chosen, choose };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
      const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select");
      if (!step || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      const { items: all, chosen: id, choose: go } = latest.current;
      const at = all.findIndex((each) => each.id === id);
      const next = all[Math.max(0, Math.min(all.length - 1, at + step))];
      if (next) go(next.id);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
