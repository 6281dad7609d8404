import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { definitionsQuery, runsQuery } from "@/api/queries";
import { en } from "@/text/en";

export type Found = { to: string; title: string; hint: string; status?: string };

const RUN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ID_START = /^[0-9a-f-]{2,36}$/i;
const MOST = 8;

/** Looks for runs and workflows. An id that is whole needs no answer to jump to. */
export function useSearch(text: string): { items: Found[]; isAsking: boolean } {
  const wanted = text.trim();
  const [asked] = useDebouncedValue(wanted, 120);
  const runs = useQuery({
    ...runsQuery({ id_prefix: asked.toLowerCase(), limit: MOST }),
    enabled: ID_START.test(asked),
  });
  const definitions = useQuery({ ...definitionsQuery(), enabled: asked !== "" });
  const found = ID_START.test(wanted) ? (runs.data?.items ?? []) : [];
  const items: Found[] = [
    ...found.map(({ run, workflow, status }) => ({
      to: `/runs/${run}`,
      title: run,
      hint: workflow.name,
      status,
    })),
    ...(definitions.data ?? [])
      .filter((each) => `${each.namespace}/${each.name}`.toLowerCase().includes(wanted.toLowerCase()))
      .slice(0, MOST)
      .map(({ namespace, name, version }) => ({
        to: `/workflows/${namespace}/${name}/${version}`,
        title: `${namespace}/${name}`,
        hint: en.search.workflow(version),
      })),
  ];
  if (RUN_ID.test(wanted) && !items.some(({ title }) => title === wanted.toLowerCase()))
    items.unshift({
      to: `/runs/${wanted.toLowerCase()}`,
      title: wanted.toLowerCase(),
      hint: en.search.openRun,
    });
  return { items, isAsking: runs.isFetching || definitions.isFetching || asked !== wanted };
}
