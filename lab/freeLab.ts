import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../base/failure.ts";
import { tryLock } from "../base/lock.ts";
import { longestLabName } from "../contract/lab.ts";
import { ownClone } from "./owner.ts";

/** Names and loopback ports for labs beside the user's own: tests and measurements of two clones run at once. */

/** A name that no other clone gives a lab; always the same here, so that a later run finds what a killed one left. */
export function freeLabName(purpose: string, clone = ownClone): string {
  return `${purpose.slice(0, longestLabName - 7)}-${hash(clone).slice(0, 6)}`;
}

/** Blocks of ports lie below those that Linux gives to outgoing connections (ip_local_port_range, from 32768). */
const firstPort = 20_000;
const blocks = 350;
/** Ports in a block. */
const perBlock = 36;
const locks = join(tmpdir(), `hapair-ports-${process.getuid?.()}`);

/** The first of 36 free loopback ports; no other caller of this user gets them until this process ends. */
export async function freePorts(purpose: string, clone = ownClone): Promise<number> {
  const start = Number.parseInt(hash(`${clone} ${purpose}`).slice(0, 8), 16);
  for (let at = 0; at < blocks; at += 1) {
    const first = firstPort + ((start + at) % blocks) * perBlock;
    const ports = Array.from({ length: perBlock }, (_, index) => first + index);
    const unlock = await tryLock(join(locks, String(first)), { withinS: 0 });
    if (unlock === undefined) continue;
    if (await areFree(ports)) return first;
    unlock();
  }
  throw new Failure(
    `No ${perBlock} free ports follow one another on 127.0.0.1 from ${firstPort} on: end programs that listen there (ss -ltn).`,
  );
}

/** The `lab` section of a config, with a free name and free ports. */
export interface FreeLab {
  readonly name: string;
  readonly sshPort: number;
  readonly sqlPort: number;
  readonly statsPort: number;
  readonly sessionPort: number;
  readonly edgePort: number;
  readonly edgeTlsPort: number;
  readonly routesPort: number;
  readonly socksPort: number;
}

export async function freeLab(purpose: string): Promise<FreeLab> {
  const first = await freePorts(purpose);
  return {
    name: freeLabName(purpose),
    // As many as a pair with many nodes and groups needs.
    sshPort: first,
    socksPort: first + 12,
    sqlPort: first + 22,
    statsPort: first + 26,
    sessionPort: first + 29,
    edgePort: first + 30,
    edgeTlsPort: first + 32,
    routesPort: first + 34,
  };
}

async function areFree(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) if (!(await isFree(port))) return false;
  return true;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
