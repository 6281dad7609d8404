import { JsonTree } from "@/components/JsonTree";
import { Markdown } from "@/components/Markdown";
import { brief } from "@/model/json";
import { en } from "@/text/en";
import classes from "./Approvals.module.css";

type Part = { [name: string]: unknown };

/** One part of what is shown to decide by. */
export function Context({ part }: { part: Part }) {
  const title = typeof part["title"] === "string" ? part["title"] : null;
  return (
    <section className={classes.context}>
      {title ? <h3 className={classes.part}>{title}</h3> : null}
      <Content part={part} />
    </section>
  );
}

function Content({ part }: { part: Part }) {
  switch (part["kind"]) {
    case "markdown":
      return <Markdown text={String(part["markdown"])} />;
    case "text":
      return <p className={classes.plain}>{String(part["text"])}</p>;
    case "table":
      return <Table columns={part["columns"] as unknown[]} rows={part["rows"] as unknown[][]} />;
    case "link":
      return (
        <a href={safe(String(part["href"]))} rel="noreferrer" target="_blank">
          {String(part["label"])}
        </a>
      );
    case "diff":
      return <Diff lines={part["lines"] as { kind: string; text: string }[]} />;
    case "image":
      return <Picture src={String(part["src"])} alt={String(part["alt"] ?? "")} />;
    default:
      return <JsonTree value={part["json"] ?? part} name={en.approvals.title} />;
  }
}

function Table({ columns, rows }: { columns: unknown[]; rows: unknown[][] }) {
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={columns.map(String).join(", ")}>
      <table className={classes.table}>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th key={index} scope="col">
                {String(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {row.map((value, index) => (
                <td key={index}>{value === null ? "" : brief(value, 300)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Diff({ lines }: { lines: { kind: string; text: string }[] }) {
  const signs: Record<string, string> = { added: "+", removed: "−" };
  return (
    <pre className={classes.diff} tabIndex={0}>
      {lines.map(({ kind, text }, index) => (
        <span key={index} data-kind={kind}>
          {signs[kind] ?? " "} {text}
          {"\n"}
        </span>
      ))}
    </pre>
  );
}

/** The page's policy loads no pictures from elsewhere: those are linked. */
function Picture({ src, alt }: { src: string; alt: string }) {
  if (src.startsWith("data:image/")) return <img src={src} alt={alt} className={classes.picture} />;
  return (
    <a href={safe(src)} rel="noreferrer" target="_blank">
      {alt || src}
    </a>
  );
}

function safe(href: string): string {
  return /^(https?:|mailto:)/i.test(href) ? href : "#";
}
