import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { execArgv } from "../../../lab/machine/exec.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import type { LabProxy } from "../../../topology/labInternet.ts";
import { type TestStack, testStack } from "../../harness/testStack.ts";

/** The result of one request by curl. */
export interface Answer {
  /** curl's exit status: 7 no connection to the proxy, 28 no answer in time, 97 the proxy reports a failure. */
  readonly status: number;
  readonly text: string;
  /** From the first packet to the last, ms. */
  readonly ms: number;
}

/** The test stack with its internet, up, and a client on the application server. */
export interface LabInternet {
  readonly stack: TestStack;
  /** Name of the lab. */
  readonly lab: string;
  readonly proxies: readonly LabProxy[];
  /** Address of the HTTPS sites. */
  readonly address: string;
  /** Requests `url` with the lab's certificate as the only authority, through the SOCKS proxy `host:port` if given. */
  ask(url: string, proxy?: string, ...more: readonly string[]): Promise<Answer>;
}

/** Ample: an answer takes a few milliseconds. */
const deadlineS = 2;

export async function labInternet(purpose: string): Promise<LabInternet> {
  const stack = await testStack(purpose);
  const host = hostsOf(stack.topology).find((host) => host.role === "internet");
  const { internet } = await stack.outputs();
  if (host === undefined || internet === undefined) throw new Error("the lab stack has no internet");
  const authority = join(stack.home.folder, "internet.pem");
  writeFileSync(authority, internet.certificate);
  return {
    stack,
    lab: stack.lab,
    proxies: host.proxies,
    address: host.address,
    ask: async (url, proxy, ...more) => {
      const through = proxy === undefined ? [] : ["--proxy", `socks5h://${proxy}`];
      const options = ["-s", "--cacert", authority, "--max-time", `${deadlineS}`, "-w", "\n%{time_total}"];
      const [file = "", ...args] = execArgv(stack.lab, "app", ["curl", ...options, ...through, ...more, url]);
      const { exitCode = 1, stdout } = await execa(file, args, { reject: false });
      const lines = stdout.split("\n");
      return {
        status: exitCode,
        text: lines.slice(0, -1).join("\n").trim(),
        ms: Number(lines.at(-1)) * 1000,
      };
    },
  };
}
