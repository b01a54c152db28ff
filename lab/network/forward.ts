import { once } from "node:events";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { Failure } from "../../base/failure.ts";
import { readIfThere, writeAtomically } from "../../base/files.ts";
import type { Forward, MachineSpec } from "../../contract/lab.ts";
import { labRun, labState, namespacePath } from "../paths.ts";
import { groupGone, groupLives, killGroup, startGroup } from "../process/group.ts";

const forwarder = fileURLToPath(new URL("forwarder.ts", import.meta.url));
const groupOf = (owner: string) => `${owner}.forward`;
const recordOf = (lab: string, owner: string) => `${labRun(lab)}/${groupOf(owner)}.json`;

/** Listening sockets on this host that no forwarder serves yet. */
export type Claim = { forwards: readonly Forward[]; servers: Server[] };

/** Takes the ports, so that a command with a port in use fails before it has changed anything. */
export async function claimPorts(forwards: readonly Forward[]): Promise<Claim> {
  const servers: Server[] = [];
  for (const { port } of forwards)
    servers.push(await listen(port).catch((error) => abandon(servers, port, error)));
  return { forwards, servers };
}

/** Takes the ports for `owner` (a machine, or `app`); undefined where it already serves exactly these forwards. */
export async function claimForwards(
  lab: string,
  owner: string,
  forwards: readonly Forward[],
): Promise<Claim | undefined> {
  if (forwardsServe(lab, owner, forwards)) return undefined;
  await stopForwards(lab, owner);
  return claimPorts(forwards);
}

/** Hands claimed ports to a forwarder in the lab's namespace and waits until it serves them. */
export async function serveForwards(lab: string, owner: string, claim: Claim | undefined): Promise<void> {
  if (claim === undefined || claim.servers.length === 0) return;
  mkdirSync(labRun(lab), { recursive: true });
  const log = `${labState(lab)}/${groupOf(owner)}.log`;
  const argv = ["nsenter", `--net=${namespacePath(lab)}`, process.execPath, forwarder];
  const child = startGroup(lab, groupOf(owner), argv, log, "ipc");
  const ended = once(child, "exit").then(() => {
    throw new Failure(`The forwarder of ${owner} in lab ${lab} ended; see ${log}.`);
  });
  for (const [index, server] of claim.servers.entries()) {
    const listening = once(child, "message");
    child.send(claim.forwards[index]?.to ?? "", server);
    await Promise.race([listening, ended]);
    server.close();
  }
  ended.catch(() => undefined);
  // Written last: without a record, the next command starts the forwarder again.
  writeAtomically(recordOf(lab, owner), record(lab, claim.forwards));
  child.disconnect();
}

/** What a forwarder serves, and in which namespace: once that is deleted and made again, it reaches nothing. */
function record(lab: string, forwards: readonly Forward[]): string {
  const namespace = statSync(namespacePath(lab), { throwIfNoEntry: false })?.ino;
  return JSON.stringify({ forwards, namespace });
}

/** Ends the forwards of `owner` and their connections. */
export async function stopForwards(lab: string, owner: string): Promise<void> {
  rmSync(recordOf(lab, owner), { force: true });
  killGroup(lab, groupOf(owner));
  await groupGone(lab, groupOf(owner), 5_000);
}

/** True where `owner` serves exactly these forwards. */
export function forwardsServe(lab: string, owner: string, forwards: readonly Forward[]): boolean {
  return groupLives(lab, groupOf(owner)) && readIfThere(recordOf(lab, owner)) === record(lab, forwards);
}

/** The forward to a machine's sshd. */
export function sshForward({ address, sshPort }: MachineSpec): Forward {
  return { port: sshPort, to: `${address}:22` };
}

/** Closes what was claimed and is not served here. */
export function releaseClaim(claim: Claim | undefined): void {
  for (const server of claim?.servers ?? []) server.close();
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  server.listen({ host: "127.0.0.1", port, backlog: 512 });
  await once(server, "listening");
  return server;
}

function abandon(servers: Server[], port: number, error: unknown): never {
  for (const server of servers) server.close();
  if (error instanceof Error && "code" in error && error.code === "EADDRINUSE")
    throw new Failure(
      `Port 127.0.0.1:${port} is taken by another program; stop that one (find it: ss -ltnp 'sport = :${port}') or choose another port.`,
    );
  throw error;
}
