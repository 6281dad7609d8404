import { TextInput, type TextInputProps } from "@mantine/core";
import { useEffect, useRef, useState } from "react";

type Props = Omit<TextInputProps, "value" | "onChange"> & { value: string; onWrite: (value: string) => void };

const REST_MS = 250;

/** A field whose text is kept elsewhere, such as in the address: it is written there when the typing rests. */
export function FilterText({ value, onWrite, ...props }: Props) {
  const [typed, setTyped] = useState(value);
  const written = useRef(value);
  const latest = useRef(onWrite);
  latest.current = onWrite;
  useEffect(() => {
    if (value !== written.current) setTyped(value);
    written.current = value;
  }, [value]);
  useEffect(() => {
    if (typed === written.current) return;
    const timer = setTimeout(() => {
      written.current = typed;
      latest.current(typed);
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <TextInput size="xs" {...props} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
  );
}
