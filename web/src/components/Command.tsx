import { useClipboard } from "@mantine/hooks";
import { en } from "@/text/en";
import classes from "./Command.module.css";

/** A line for the terminal, to copy. */
export function Command({ text }: { text: string }) {
  const { copy, copied } = useClipboard({ timeout: 1500 });
  return (
    <div className={classes.command}>
      <code className={classes.text} tabIndex={0}>
        {text}
      </code>
      <button type="button" className={classes.button} onClick={() => copy(text)}>
        {copied ? en.copied : en.copy}
      </button>
    </div>
  );
}
