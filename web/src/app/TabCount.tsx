import { useQuery } from "@tanstack/react-query";
import { dueQuery } from "@/pages/approvals/queries";
import { en } from "@/text/en";
import classes from "./Shell.module.css";

/** How many questions wait for who is signed in, in the tab. */
export function ApprovalCount() {
  const { data } = useQuery(dueQuery());
  if (!data?.count) return null;
  return (
    <span className={classes.badge}>
      <span aria-hidden="true">{data.count}</span>
      <span className="visually-hidden">{en.approvals.due(data.count)}</span>
    </span>
  );
}
