import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { topicsQuery } from "@/api/queries";
import { useAddress } from "@/app/useAddress";
import { EmptyState } from "@/components/EmptyState";
import { FilterText } from "@/components/FilterText";
import { Problem } from "@/components/Problem";
import { useTitle } from "@/components/useTitle";
import { VirtualRows } from "@/components/VirtualRows";
import { en } from "@/text/en";
import { DeadLetters } from "./DeadLetters";
import classes from "./Events.module.css";
import { filterOf } from "./filterOf";
import { RecordRow } from "./RecordRow";
import { useLog } from "./useLog";

/** The log itself: any topic from any place, and live. */
export function Component() {
  useTitle(en.events.title);
  const { params, set } = useAddress();
  const filter = useMemo(() => filterOf(params), [params]);
  const [isFollowing, follow] = useState(true);
  const log = useLog(filter, isFollowing);
  const topics = useQuery(topicsQuery());
  const bounds = Object.entries(log.bounds);
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1 className={classes.title}>{en.events.title}</h1>
        <Button size="xs" variant="default" aria-pressed={isFollowing} onClick={() => follow(!isFollowing)}>
          {isFollowing ? en.events.pause : en.events.follow}
        </Button>
        <span className={classes.quiet}>
          {en.events.bounds}:{" "}
          {bounds
            .map(
              ([partition, { first, next }]) =>
                `${partition}: ${next > first ? en.events.holds(first, next) : en.events.empty}`,
            )
            .join(" · ")}
        </span>
      </div>
      <search className={classes.filters}>
        <NativeSelect
          size="xs"
          label={en.events.topic}
          value={params.get("topic") ?? "events"}
          onChange={(event) => set("topic", event.currentTarget.value)}
          data={["events", ...(topics.data?.items ?? []).map(({ name }) => name)]}
        />
        <NativeSelect
          size="xs"
          label={en.events.partition}
          value={params.get("partition") ?? ""}
          onChange={(event) => set("partition", event.currentTarget.value)}
          data={[{ value: "", label: en.events.allPartitions }, ...bounds.map(([partition]) => partition)]}
        />
        <FilterText
          label={en.events.offset}
          value={params.get("offset") ?? ""}
          onWrite={(value) => set("offset", value)}
          disabled={!params.get("partition")}
          w={110}
        />
        <TextInput
          size="xs"
          type="datetime-local"
          label={en.events.time}
          value={params.get("time") ?? ""}
          onChange={(event) => set("time", event.currentTarget.value)}
        />
        <FilterText
          label={en.events.run}
          value={params.get("run") ?? ""}
          onWrite={(value) => set("run", value.trim())}
        />
        <FilterText
          label={en.events.type}
          placeholder={en.events.typeHint}
          value={params.get("type") ?? ""}
          onWrite={(value) => set("type", value.trim())}
        />
      </search>
      {log.error ? <Problem error={log.error} onRetry={() => void log.refetch()} /> : null}
      {log.data && !log.items.length ? (
        <EmptyState title={en.events.none} text={en.events.noneHint} />
      ) : (
        <VirtualRows
          count={log.items.length}
          label={en.events.list}
          rowHeight={38}
          keyOf={(index) => `${log.items[index]?.partition}:${log.items[index]?.offset}`}
          onEnd={() => {
            if (log.hasNextPage && !log.isFetching) void log.fetchNextPage();
          }}
          row={(index) => {
            const record = log.items[index];
            return record ? <RecordRow record={record} /> : null;
          }}
        />
      )}
      <DeadLetters />
    </div>
  );
}
