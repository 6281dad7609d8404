import createClient from "openapi-fetch";
import { connection } from "@/live/connection";
import { problemOf, ServerAway } from "./problem";
import type { paths } from "./schema";

/** Fetches, tells the banner how the server is, and turns every failure into `ApiProblem` or `ServerAway`. */
export async function request(input: Request | string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(input, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    connection.failed();
    throw new ServerAway("The server does not answer.");
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401) connection.signedOut();
  throw problem;
}

/** The typed client of the API. Use `data(api.GET(…))`. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: (input) => request(input) });

/** Gives the body of an answer; failures have been thrown already. */
export async function data<T>(answer: Promise<{ data?: T | undefined }>): Promise<T> {
  return (await answer).data as T;
}

/** Asks an address whose answer OpenAPI does not describe, and that the caller names the type of. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, {
    headers: { accept: "application/json" },
    ...(signal ? { signal } : {}),
  });
  return (await response.json()) as T;
}

/** Sends a JSON body. */
export async function postJson<T>(
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  const response = await request(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return (await response.json()) as T;
}
