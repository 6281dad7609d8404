import { queryOptions } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import type { components, operations } from "@/api/schema";

export type ApprovalSummary = components["schemas"]["ApprovalSummary"];
export type Approval = components["schemas"]["Approval"];
export type ApprovalFilter = NonNullable<operations["list_approvals"]["parameters"]["query"]>;

/** Keys begin with `live`: the list is asked again soon after any run changed. */
export const approvalsQuery = (filter: ApprovalFilter) =>
  queryOptions({
    queryKey: ["live", "approvals", filter],
    queryFn: ({ signal }) => data(api.GET("/api/v1/approvals", { params: { query: filter }, signal })),
    placeholderData: (before) => before,
  });

export const approvalQuery = (id: string) =>
  queryOptions({
    queryKey: ["live", "approval", id],
    queryFn: ({ signal }) =>
      data(api.GET("/api/v1/approvals/{approval}", { params: { path: { approval: id } }, signal })),
  });

/** How many open questions wait for who is signed in. */
export const dueQuery = () => approvalsQuery({ who: "me", limit: 1 });
