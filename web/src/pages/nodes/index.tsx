import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type NodeType, nodeTypesQuery } from "@/api/queries";
import { useAddress } from "@/app/useAddress";
import { FilterText } from "@/components/FilterText";
import { JsonTree } from "@/components/JsonTree";
import { Problem } from "@/components/Problem";
import { useTitle } from "@/components/useTitle";
import { en } from "@/text/en";
import classes from "./Nodes.module.css";
import { SchemaTable } from "./SchemaTable";

/** What workflows may call: what each node does, takes and gives. */
export function Component() {
  useTitle(en.nodes.title);
  const { data, error, refetch } = useQuery(nodeTypesQuery());
  const { params, set } = useAddress();
  const wanted = (params.get("name") ?? "").toLowerCase();
  const found = useMemo(
    () =>
      (data?.items ?? []).filter(({ name, description }) =>
        `${name} ${description}`.toLowerCase().includes(wanted),
      ),
    [data, wanted],
  );
  if (error && !data) return <Problem error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <div className={classes.head}>
        <h1 className={classes.title}>{en.nodes.title}</h1>
        <FilterText
          aria-label={en.nodes.filter}
          placeholder={en.nodes.filter}
          value={params.get("name") ?? ""}
          onWrite={(text) => set("name", text)}
        />
        <span className={classes.quiet}>{en.nodes.hint}</span>
      </div>
      {data && !found.length ? <p>{en.nodes.none}</p> : null}
      <ul className={classes.list}>
        {found.map((node) => (
          <Node key={node.name} node={node} />
        ))}
      </ul>
      {data?.broken.length ? (
        <section>
          <h2>{en.nodes.broken}</h2>
          <ul>
            {data.broken.map(({ origin, reason }) => (
              <li key={origin}>
                <code>{origin}</code> {reason}
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </>
  );
}

function Node({ node }: { node: NodeType }) {
  const isMissing = node.version === "0.0.0";
  return (
    <li className={classes.node}>
      <details>
        <summary className={classes.summary}>
          <span className={classes.name}>{node.name}</span>
          <span className={classes.version}>{isMissing ? en.nodes.unavailable : node.version}</span>
          <span className={classes.description}>{node.description}</span>
        </summary>
        <div className={classes.more}>
          <p className={classes.quiet}>
            {en.nodes.origin} <code>{node.origin}</code>
            {node.timeout_s ? ` · ${en.nodes.timeout} ${node.timeout_s} s` : ""}
          </p>
          <h3>{en.nodes.takes}</h3>
          <SchemaTable schema={node.with_schema} />
          <h3>{en.nodes.gives}</h3>
          <SchemaTable schema={node.output_schema} />
          {node.examples.length ? <h3>{en.nodes.examples}</h3> : null}
          {node.examples.map((example, index) => (
            <JsonTree key={index} value={example} name={`${node.name} ${index + 1}`} />
          ))}
        </div>
      </details>
    </li>
  );
}
