import { useClipboard } from "@mantine/hooks";
import { en } from "@/text/en";
import classes from "./CopyText.module.css";

type Props = { text: string; label?: string };

/** A text with a button that copies it. */
export function CopyText({ text, label }: Props) {
  const { copy, copied } = useClipboard({ timeout: 1500 });
  return (
    <span className={classes.copy}>
      <span className={`mono ${classes.text}`} title={text}>
        {label ?? text}
      </span>
      <button type="button" className={classes.button} onClick={() => copy(text)}>
        {copied ? en.copied : en.copy}
      </button>
    </span>
  );
}
