import { rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { messageOf } from "../../base/failure.ts";
import { VpcSpec } from "../../contract/vpc.ts";
import { openVpc } from "./openVpc.ts";

/**
 * A VPC in the lab's network namespace, in which this program runs: the subnet, EC2's API and instance metadata. Its
 * spec comes by IPC; the only argument is the path of the control socket. Sends `ready`, and runs until it is killed.
 */
const [socket = ""] = process.argv.slice(2);

const keepAliveTimeout = 20_000;
const plain = (listener: RequestListener) => createServer({ keepAliveTimeout }, listener);

function listen(
  server: Pick<Server, "once" | "listen">,
  at: { host: string; port: number } | { path: string },
) {
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
  const { address, key, certificate } = spec.endpoint;
  const tls = createTlsServer({ keepAliveTimeout, key, cert: certificate }, api);
  await listen(tls, { host: address, port: 443 });
  await listen(plain(metadata), { host: metadataAddress, port: 80 });
  await listen(plain(control), { path: socket });
  process.send?.("ready", () => process.disconnect());
}
