import { Fragment, type ReactNode } from "react";

const INLINE = /(`[^`]+`)|(\*\*[^*]+\*\*)|\[([^\]]+)\]\(([^)\s]+)\)/g;
const LINK = /^(https?:\/\/|mailto:|\/(?!\/)|#)/i;

/** Simple Markdown: headings, lists, bold, code and links. Everything else, HTML above all, is text. */
export function Markdown({ text }: { text: string }) {
  const blocks = text.replaceAll("&lt;", "<").split(/\n{2,}/);
  return (
    <>{blocks.map((block, index) => block.trim() && <Fragment key={index}>{blockOf(block)}</Fragment>)}</>
  );
}

function blockOf(block: string): ReactNode {
  const lines = block.split("\n");
  if (lines.every((line) => /^\s*[-*] /.test(line)))
    return (
      <ul>
        {lines.map((line, index) => (
          <li key={index}>{inline(line.replace(/^\s*[-*] /, ""))}</li>
        ))}
      </ul>
    );
  const heading = /^#{1,6} (.*)$/.exec(lines[0] ?? "");
  if (heading)
    return (
      <>
        <p>
          <strong>{inline(heading[1] ?? "")}</strong>
        </p>
        {lines.length > 1 ? <p>{inline(lines.slice(1).join("\n"))}</p> : null}
      </>
    );
  return <p style={{ whiteSpace: "pre-line" }}>{inline(block)}</p>;
}

function inline(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    parts.push(text.slice(from, found.index));
    const [whole, code, bold, label = "", target = ""] = found;
    if (code) parts.push(<code key={found.index}>{code.slice(1, -1)}</code>);
    else if (bold) parts.push(<strong key={found.index}>{bold.slice(2, -2)}</strong>);
    else if (LINK.test(target))
      parts.push(
        <a key={found.index} href={target} rel="noreferrer">
          {label}
        </a>,
      );
    else parts.push(whole);
    from = found.index + whole.length;
  }
  return [...parts, text.slice(from)];
}
