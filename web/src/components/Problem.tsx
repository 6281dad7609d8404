import { Button } from "@mantine/core";
import { ApiProblem, sentence } from "@/api/problem";
import { en } from "@/text/en";
import classes from "./Problem.module.css";

type Props = { error: unknown; onRetry?: () => void };

/** Shows what went wrong, with what the server said of each place. */
export function Problem({ error, onRetry }: Props) {
  const problems = error instanceof ApiProblem ? (error.document.problems ?? []) : [];
  return (
    <div className={classes.problem} role="alert">
      <p className={classes.title}>{en.problem.title}</p>
      <p className={classes.text}>{sentence(error)}</p>
      {problems.length ? (
        <ul className={classes.list}>
          {problems.map((each, index) => (
            <li key={index}>
              <code>{each.line ? `${each.line}:${each.column ?? 1}` : (each.pointer ?? each.parameter)}</code>{" "}
              {each.message}
            </li>
          ))}
        </ul>
      ) : null}
      {onRetry ? (
        <Button size="xs" variant="default" onClick={onRetry}>
          {en.problem.tryAgain}
        </Button>
      ) : null}
    </div>
  );
}
