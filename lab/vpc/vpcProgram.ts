import { rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { messageOf } from "../../base/failure.ts";
import { VpcSpec } from "../../contract/vpc.ts";
import { openVpc } from "./openVpc.ts";

/**
 * A VPC in the lab's network namespace, in which this program runs: the subnet, EC2's API and instance metadata. Its
 * spec comes by IPC; the only argument is the path of the control socket. Sends `ready`, and runs until it is killed.
 */
const [socket = ""] = process.argv.slice(2);

function listen(listener: RequestListener, at: { host: string; port: number } | { path: string }) {
  const server = createServer({ keepAliveTimeout: 20_000 }, listener);
  return new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, resolve);
  });
}

process.umask(0o077);
process.once("message", (message) => {
  serve(VpcSpec.parse(message)).catch((error: unknown) => {
    console.error(messageOf(error));
    process.exit(1);
  });
});

async function serve(spec: VpcSpec): Promise<void> {
  const { api, metadata, control, metadataAddress } = openVpc(spec);
  rmSync(socket, { force: true });
  await listen(api, { host: spec.endpoint.address, port: 443 });
  await listen(metadata, { host: metadataAddress, port: 80 });
  await listen(control, { path: socket });
  process.send?.("ready", () => process.disconnect());
}
