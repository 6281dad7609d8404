import { Component, type ReactNode } from "react";
import { en } from "@/text/en";

/** The last net: when even the shell fails, a sentence and a way out. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <main role="alert" style={{ padding: "3rem", maxWidth: "40rem", margin: "0 auto" }}>
        <h1>{en.problem.broken}</h1>
        <p>{en.problem.brokenHint}</p>
        <button type="button" onClick={() => location.reload()}>
          {en.problem.reload}
        </button>
      </main>
    );
  }
}
