import { execFile, execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderShown } from "../../../../render/bundle.ts";
import { hostsOf } from "../../../../topology/hosts.ts";
import { parseTopology } from "../../../../topology/parse.ts";
import { ec2Config } from "../../../harness/testConfig.ts";
import { httpsTarget, testCa } from "../egress/probeFixtures.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";
import { region } from "./awsFake.ts";

/** The variable of the agent's unit on a node that says which file of authorities OpenSSL reads. */
function certificateFile(): string {
  const topology = parseTopology(ec2Config());
  const node = hostsOf(topology).find(({ name }) => name === "haproxy1");
  const unit = node && renderShown(topology, node)["etc/systemd/system/hapair.service"];
  const found = /^Environment=SSL_CERT_FILE=(.*)$/m.exec(unit ?? "")?.[1];
  if (found === undefined) throw new Error("the unit has no SSL_CERT_FILE");
  return found;
}

const agent = join(import.meta.dirname, "../../../../agent");
const program = `
import { openEc2 } from ${JSON.stringify(join(agent, "aws/ec2.ts"))};
const [endpoint, region] = process.argv.slice(1);
const keys = { accessKeyId: "A", secretAccessKey: "B", sessionToken: "C" };
const credentials = { current: async () => keys, refused() {} };
const ec2 = openEc2({ region, endpoint, credentials, budget: { take: () => 0 } });
console.log(await ec2.call("X", {}).catch((error) => error.message));
process.exit();`;

/** What a call says, on a host whose folder of authorities is this one. Debian's Node reads it without being told. */
function call(endpoint: string, folder: string): Promise<string> {
  const env = { ...process.env, SSL_CERT_FILE: certificateFile(), SSL_CERT_DIR: folder };
  const argv = ["--use-openssl-ca", "--input-type=module", "-e", program, endpoint, region];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, argv, { env, timeout: 30_000 }, (error, stdout) =>
      error === null ? resolve(stdout.trim()) : reject(error),
    );
  });
}

test("the EC2 API is trusted by the host's own authorities, under its own name, and not otherwise", async () => {
  using folder = scratchFolder();
  using empty = scratchFolder();
  const { ca, issue } = testCa();
  writeFileSync(join(folder.path, "ours.pem"), ca);
  execFileSync("openssl", ["rehash", folder.path]);
  await using api = await httpsTarget(issue("DNS:localhost"), (_, response) => response.end("<XResponse/>"));
  const named = `https://localhost:${api.port}`;
  expect(await call(named, folder.path)).toBe("<XResponse/>");
  expect(await call(named, empty.path)).toContain("the EC2 API does not answer (unable to verify");
  expect(await call(`https://127.0.0.1:${api.port}`, folder.path)).toContain("not in the cert's list");
});
