import { reportIn } from "../../../cli/hosts/ask.ts";
import { verdictOf } from "../../../cli/hosts/drift.ts";
import { formatStatus } from "../../../cli/hosts/formatStatus.ts";
import type { StackOutputs } from "../../../contract/stackOutputs.ts";
import { faultOfWords } from "./words.ts";

const sha = "0".repeat(64);
const outputs = {
  pairs: { pg: { vip: "10.0.1.100", endpoints: { haproxy1: "10.0.1.20" }, bundles: { haproxy1: sha } } },
} as unknown as StackOutputs;

/** What a host answers in place of its status: as words for a terminal, of one host or unknown. */
export function faultOfStatus(stdout: string): string | undefined {
  const read = reportIn({ stdout, stderr: stdout, failure: undefined });
  if (read.trouble?.includes("\n")) return "tells a trouble in several lines";
  const failed = reportIn({ stdout: "", stderr: stdout, failure: "Process exited with status 1" });
  const hosts = [
    { host: "haproxy1", ...read },
    { host: "haproxy2", ...failed },
  ];
  verdictOf(outputs, hosts);
  return faultOfWords(formatStatus(outputs, hosts), 1024 * 1024);
}
