import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data, request } from "@/api/client";
import { Problem } from "@/components/Problem";
import { dateTime } from "@/model/format";
import { en } from "@/text/en";
import classes from "./Events.module.css";

/** Records that no stage could work on, each with why, and a button to put it back. */
export function DeadLetters() {
  const client = useQueryClient();
  const letters = useQuery({
    queryKey: ["dead-letters"],
    queryFn: ({ signal }) =>
      data(api.GET("/api/v1/dead-letters", { params: { query: { limit: 100 } }, signal })),
    refetchInterval: 30_000,
  });
  const redrive = useMutation({
    mutationFn: (place: string) => request(`/api/v1/dead-letters/${place}/redrive`, { method: "POST" }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["dead-letters"] }),
  });
  const items = letters.data?.items ?? [];
  return (
    <section className={classes.letters}>
      <h2>{en.events.letters}</h2>
      <p className={classes.quiet}>{items.length ? en.events.lettersHint : en.events.noLetters}</p>
      {letters.error ? <Problem error={letters.error} /> : null}
      {redrive.error ? <Problem error={redrive.error} /> : null}
      <ul className={classes.list}>
        {items.map((letter) => (
          <li key={`${letter.partition}/${letter.log_offset}`} className={classes.letter}>
            <strong>{letter.reason}</strong>
            <span className={classes.quiet}>
              {letter.stage} · {en.events.from} {letter.source_topic} {letter.source_partition}:
              {letter.source_offset} · {dateTime(letter.at)}
            </span>
            {letter.redriven_by ? (
              <span>{en.events.redriven(letter.redriven_by)}</span>
            ) : (
              <Button
                size="xs"
                variant="default"
                loading={redrive.isPending}
                onClick={() => redrive.mutate(`${letter.partition}/${letter.log_offset}`)}
              >
                {en.events.redrive}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
