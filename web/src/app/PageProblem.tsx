import { Button, Group } from "@mantine/core";
import { Link, useRouteError } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { en } from "@/text/en";

/** Shown in the place of a page that failed. A page whose code is gone, after an update, is one reload away. */
export function PageProblem() {
  const error = useRouteError();
  const isMissingCode = error instanceof TypeError && /import|module|fetch/i.test(error.message);
  return (
    <EmptyState
      isPage
      title={en.problem.broken}
      text={isMissingCode ? en.problem.newVersion : en.problem.brokenHint}
      role="alert"
    >
      <Group justify="center">
        <Button onClick={() => location.reload()}>{en.problem.reload}</Button>
        <Button component={Link} to="/runs" variant="default">
          {en.problem.toRuns}
        </Button>
      </Group>
    </EmptyState>
  );
}

/** Shown for addresses that lead nowhere. */
export function NotFound() {
  return (
    <EmptyState isPage title={en.problem.notFound} text={en.problem.notFoundHint}>
      <Button component={Link} to="/runs">
        {en.problem.toRuns}
      </Button>
    </EmptyState>
  );
}
