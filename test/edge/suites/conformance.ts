import { expect } from "vitest";
import { type Result, type SuitesLab, tool } from "./suitesLab.ts";

/** HTTP/2 as RFC 7540 and 7541 have it, over TLS. */
export async function h2spec(lab: SuitesLab): Promise<Result> {
  const command = `/tools/h2spec --tls --insecure --host ${lab.host} --port ${lab.port} --timeout 2`;
  const { stdout } = await tool(lab, command, 60_000);
  const [, tests, passed, skipped, failed] =
    /(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed/.exec(stdout) ?? [];
  expect(tests, stdout.slice(-3000)).toBeDefined();
  expect({ skipped, failed }, stdout.slice(-3000)).toEqual({ skipped: "0", failed: "0" });
  return {
    suite: "h2spec 2.2.1: HTTP/2 and HPACK",
    result: `${passed} of ${tests} cases passed`,
  };
}

interface Suites {
  readonly result: {
    readonly accepted_cipher_suites: readonly { readonly cipher_suite: { readonly name: string } }[];
  };
}

const versions = {
  ssl_2_0_cipher_suites: "SSL 2.0",
  ssl_3_0_cipher_suites: "SSL 3.0",
  tls_1_0_cipher_suites: "TLS 1.0",
  tls_1_1_cipher_suites: "TLS 1.1",
  tls_1_2_cipher_suites: "TLS 1.2",
  tls_1_3_cipher_suites: "TLS 1.3",
};

/** The edge against Mozilla's recommendation for servers of many clients. */
export async function sslyze(lab: SuitesLab): Promise<Result> {
  const options = '--mozilla_config=intermediate --certinfo_ca_file="$1" --json_out=/tmp/out.json';
  const command = `python3 -m sslyze ${options} ${lab.host}:${lab.port} >&2; cat /tmp/out.json`;
  const { stdout, stderr } = await tool(lab, command, 60_000);
  const scan = JSON.parse(stdout).server_scan_results[0].scan_result;
  const accepted = Object.entries(versions).flatMap(([key, name]) => {
    const { result }: Suites = scan[key];
    return result.accepted_cipher_suites.length > 0
      ? [`${name} with ${result.accepted_cipher_suites.length}`]
      : [];
  });
  const [, verdict = stderr] = /(OK - Compliant|FAILED - Not compliant)/.exec(stderr) ?? [];
  const issues = [...stderr.matchAll(/^ {8}\* (\w+): (.*)$/gm)].map(([, what, words]) => `${what}: ${words}`);
  expect([verdict, issues]).toEqual(["OK - Compliant", []]);
  return {
    suite: "sslyze 6.3.1: TLS, Mozilla's *intermediate* configuration",
    result: `compliant; ${accepted.join(", ")} cipher suites, and nothing older`,
  };
}

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** What testssl finds to be less than good, and why it stays. */
const known: Readonly<Record<string, string>> = {
  cert_trust_wildcard: "the made certificate has a wildcard, as routes come and go below `edge.domains`",
  cert_revocation:
    "a made certificate names no place for revocations: the pair's authority has none; `edge.tls.serial` replaces it",
  security_headers: "headers such as `Content-Security-Policy` are an application's own",
};
/** Of testssl's own system, or of a check that needs what the edge does not have: tickets of TLS 1.2. */
const ofTheTool = ["engine_problem", "sessionresumption_ticket"];

/** What testssl finds wrong, with the authority of the edge among those it trusts. */
export async function testssl(lab: SuitesLab): Promise<Result> {
  const checks = "--protocols --std --server-defaults --server-preference --fs --headers --vulnerable";
  const options = `--warnings off --nodns none --color 0 --add-ca "$1" --jsonfile /tmp/out.json`;
  const command = `testssl ${options} ${checks} https://${lab.host}:${lab.port}/ >&2; cat /tmp/out.json`;
  const { stdout, stderr } = await tool(lab, command, 540_000);
  expect(stdout, stderr).not.toBe("");
  const findings: readonly Finding[] = JSON.parse(stdout);
  const bad = findings.filter(
    ({ id, severity }) => !["OK", "INFO"].includes(severity) && !ofTheTool.includes(id),
  );
  expect(bad.map(({ id }) => id).toSorted(), JSON.stringify(bad)).toEqual(Object.keys(known).toSorted());
  const grade = findings.find(({ id }) => id === "overall_grade")?.finding;
  return {
    suite: "testssl: protocols, suites, certificate, headers, known attacks",
    result: `grade ${grade}, vulnerable to none of the attacks; what it notes stays: ${Object.values(known).join("; ")}`,
  };
}
