import { useClipboard } from "@mantine/hooks";
import { en } from "@/text/en";
import classes from "./CodeText.module.css";

type Props = { text: string; label: string };

/** Text of a document with line numbers, to read and copy. */
export function CodeText({ text, label }: Props) {
  const { copy, copied } = useClipboard({ timeout: 1500 });
  const lines = text.replace(/\n$/, "").split("\n");
  return (
    <div className={classes.box}>
      <button type="button" className={classes.copy} onClick={() => copy(text)}>
        {copied ? en.copied : en.copy}
      </button>
      <pre className={classes.code} tabIndex={0} aria-label={label}>
        {lines.map((line, index) => (
          <span key={index} className={classes.line}>
            {line || " "}
          </span>
        ))}
      </pre>
    </div>
  );
}
