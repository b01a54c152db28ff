import type { HaproxyServers } from "../../../../../agent/routes/balanced/balancer.ts";
import type { Running, RunningServer } from "../../../../../agent/routes/balanced/commands.ts";
import { numbersOf } from "../../../../../agent/routes/balanced/numbers.ts";
import { wantedBackends } from "../../../../../agent/routes/balanced/servers.ts";
import { readRoutesLog } from "../../../../../agent/routes/log/routesLog.ts";
import { balancedBackend } from "../../../../../contract/routes/balanced.ts";

/** A HAProxy whose root makes its servers those of a node's log, of targets that are addresses. */
export class LogServers implements HaproxyServers {
  readonly #folder: string;
  #servers: readonly RunningServer[] = [];
  /** Called before root does anything. */
  onBalance: () => void | Promise<void> = () => {};

  /** @param folder of the log */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Addresses of the servers that get requests, of a backend. */
  of(number: number): readonly string[] {
    return this.#servers
      .filter(({ backend, isLeaving }) => backend === balancedBackend(number) && !isLeaving)
      .map(({ name }) => name.split(":", 1).join(""));
  }

  async running(): Promise<Running> {
    return { servers: this.#servers, checks: new Map() };
  }

  async balance(): Promise<void> {
    await this.onBalance();
    const { table, numbers } = readRoutesLog(this.#folder, "main");
    const wanted = wantedBackends(table.routes, numbersOf(table.routes, numbers), (host) => host, "");
    const now = Array.from(wanted, ([number, { servers }]) =>
      Array.from(servers.values(), ({ name, weight, limit, isChecked }) => ({
        ...{ backend: balancedBackend(number), name, weight, limit, isChecked },
        ...{ isLeaving: false, sessions: 1, sinceS: 0 },
      })),
    ).flat();
    const left = this.#servers
      .filter((one) => !now.some(({ backend, name }) => backend === one.backend && name === one.name))
      .map((one) => ({ ...one, isLeaving: true, isChecked: false }));
    this.#servers = [...now, ...left];
  }
}
