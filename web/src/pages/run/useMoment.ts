import { useCallback, useEffect, useRef, useState } from "react";
import { useAddress } from "@/app/useAddress";

const WRITE_AFTER_MS = 250;

/** Which event the page stands at, or `null` for now. It goes into the address when the slider rests. */
export function useMoment(): [number | null, (seq: number | null) => void] {
  const { params, set } = useAddress();
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
      set("at", at === null ? null : String(at));
    }, WRITE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [at, set]);
  return [at, useCallback((seq: number | null) => setAt(seq), [])];
}

function readSeq(text: string | null): number | null {
  const seq = Number(text);
  return text && Number.isInteger(seq) && seq > 0 ? seq : null;
}
