/** A problem document (RFC 9457) as the server sends it, or one made here when no answer came. */
export type ProblemDocument = {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  problems?: { pointer?: string; line?: number; column?: number; message?: string; parameter?: string }[];
  [more: string]: unknown;
};

/** The server refused or failed. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly document: ProblemDocument;

  constructor(status: number, document: ProblemDocument) {
    super(document.detail ?? document.title ?? `the server answered ${status}`);
    this.status = status;
    this.document = document;
  }

  /** The last part of the problem's type, such as `not-found`. */
  get kind(): string {
    return (this.document.type ?? "").split("/").pop() ?? "";
  }
}

/** No answer came: the server is away, or the network is. */
export class ServerAway extends Error {}

/** Reads what is wrong from any answer, also one that is no JSON. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  try {
    return new ApiProblem(response.status, (await response.json()) as ProblemDocument);
  } catch {
    return new ApiProblem(response.status, { title: response.statusText, status: response.status });
  }
}

/** A sentence for a person, whatever was thrown. Never a stack trace. */
export function sentence(error: unknown): string {
  if (error instanceof Error && error.message) return error.message;
  return typeof error === "string" && error ? error : "Something unexpected happened.";
}
