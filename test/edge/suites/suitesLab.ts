import { runTool } from "./toolsRoot.ts";

/** An edge under test, and how tools reach it. */
export interface SuitesLab {
  /** Name of the lab. */
  readonly lab: string;
  /** A route's name, and the address that it has for the tools. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** The authority (PEM) of its certificate. */
  readonly ca: string;
  /** The database through the virtual address. */
  readonly databaseUrl: string;
  /** Folder with the tools that are no packages of Debian. */
  readonly tools: string;
}

/** Runs a tool on the application server. In its command `$1` is the file with the edge's authority. */
export function tool(lab: SuitesLab, command: string, withinMs: number) {
  const { ca, ...way } = lab;
  const script = `printf '%s' "$1" > /tmp/authority.pem; set -- /tmp/authority.pem; ${command}`;
  return runTool({ ...way, withinMs }, ["bash", "-c", script, "tool", ca]);
}

/** A line of the page's table. */
export interface Result {
  readonly suite: string;
  readonly result: string;
}
