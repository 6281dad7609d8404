import { createBrowserRouter, Navigate } from "react-router";
import { NotFound, PageProblem } from "./PageProblem";
import { pages } from "./pages";
import { Shell } from "./Shell";

/** Makes the routes of all pages inside the shell. A page that fails leaves the shell standing. */
export function createRouter() {
  return createBrowserRouter([
    {
      element: <Shell />,
      errorElement: <PageProblem />,
      hydrateFallbackElement: <div />,
      children: [
        {
          errorElement: <PageProblem />,
          children: [
            { index: true, element: <Navigate to={pages[0]?.path ?? "/runs"} replace /> },
            ...pages.map(({ path, load }) => ({ path, lazy: load })),
            { path: "*", element: <NotFound /> },
          ],
        },
      ],
    },
  ]);
}
