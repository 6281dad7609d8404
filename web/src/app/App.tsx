import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { useMemo } from "react";
import { RouterProvider } from "react-router";
import { hub } from "@/live/hub";
import { ErrorBoundary } from "./ErrorBoundary";
import { nonce } from "./nonce";
import { queryClient } from "./queryClient";
import { createRouter } from "./router";
import { theme } from "./theme";

hub.start();

export function App() {
  const router = useMemo(createRouter, []);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <ErrorBoundary>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </ErrorBoundary>
    </MantineProvider>
  );
}
