import { useCallback, useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";

const WRITE_AFTER_MS = 250;

/** Which event the page stands at, or `null` for now. It goes into the address when the slider rests. */
export function useMoment(): [number | null, (seq: number | null) => void] {
  const [params, setParams] = useSearchParams();
  const written = readSeq(params.get("at"));
  const [at, setAt] = useState(written);
  const own = useRef(written);
  useEffect(() => {
    if (written !== own.current) setAt(written);
    own.current = written;
  }, [written]);
  useEffect(() => {
    if (at === own.current) return;
    const timer = setTimeout(() => {
      own.current = at;
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          if (at === null) after.delete("at");
          else after.set("at", String(at));
          return after;
        },
        { replace: true },
      );
    }, WRITE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [at, setParams]);
  return [at, useCallback((seq: number | null) => setAt(seq), [])];
}

function readSeq(text: string | null): number | null {
  const seq = Number(text);
  return text && Number.isInteger(seq) && seq > 0 ? seq : null;
}
