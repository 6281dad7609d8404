import { QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "@/api/problem";
import { connection } from "@/live/connection";
import { onRunsChanged } from "@/live/onRunsChanged";

/** Asks again what may have changed: at once when the server is back, and soon after runs changed. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      refetchOnWindowFocus: false,
      networkMode: "always",
      retry: (failures, error) => !(error instanceof ApiProblem && error.status < 500) && failures < 3,
      retryDelay: (failures) => Math.min(3000, 400 * 2 ** failures),
    },
    mutations: { networkMode: "always" },
  },
});

connection.onReturn(() => void queryClient.invalidateQueries());

onRunsChanged(() => void queryClient.invalidateQueries({ queryKey: ["live"] }));
