import type { components } from "@/api/schema";
import { brief } from "@/model/json";
import { en } from "@/text/en";
import classes from "./Compare.module.css";

type Task = components["schemas"]["ComparedTask"];
const MOST = 500;

/** Each task of either run, with what each side made of it. */
export function ComparedTasks({ tasks }: { tasks: readonly Task[] }) {
  if (!tasks.length) return <p className={classes.quiet}>{en.forks.compare.same}</p>;
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={en.forks.compare.list}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{en.forks.compare.task}</th>
            <th scope="col">{en.forks.compare.a}</th>
            <th scope="col">{en.forks.compare.b}</th>
            <th scope="col">{en.forks.compare.differs}</th>
          </tr>
        </thead>
        <tbody>
          {tasks.slice(0, MOST).map((task) => (
            <tr key={task.path}>
              <th scope="row" title={task.path}>
                {task.name}
              </th>
              <td>{made(task.a)}</td>
              <td>{made(task.b)}</td>
              <td>{task.differs.join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function made(side: Task["a"]): string {
  if (!side) return en.forks.compare.notReached;
  const { status, output } = side as { status?: string; output?: unknown };
  const word = status ? (en.status[status] ?? status) : "";
  return [word, output === undefined || output === null ? "" : brief(output, 120)].filter(Boolean).join(": ");
}
