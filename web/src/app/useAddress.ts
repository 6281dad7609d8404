import { useCallback } from "react";
import { useNavigate, useSearchParams } from "react-router";

type Value = string | readonly string[] | null;
type Pending = { path: string; params: URLSearchParams };

let pending: Pending | null = null;

/**
 * Reads and writes what stands behind the `?` of the address. Changes that come together are written together, and
 * always onto the newest address, so that none takes another back.
 */
export function useAddress(): { params: URLSearchParams; set: (name: string, value: Value) => void } {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const set = useCallback(
    (name: string, value: Value) => {
      const isFirst = pending === null;
      pending ??= { path: location.pathname, params: new URLSearchParams(location.search) };
      pending.params.delete(name);
      for (const each of typeof value === "string" ? [value] : (value ?? [])) {
        if (each) pending.params.append(name, each);
      }
      if (!isFirst) return;
      setTimeout(() => {
        const written = pending;
        pending = null;
        if (written?.path === location.pathname)
          navigate({ search: String(written.params) }, { replace: true });
      });
    },
    [navigate],
  );
  return { params, set };
}
