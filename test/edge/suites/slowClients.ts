import { setTimeout as pause } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { expect } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { failuresMeanwhile } from "../../lab/pair/client.ts";
import { nodes, runtime } from "../edge/edgeLab.ts";
import { type Result, type SuitesLab, tool } from "./suitesLab.ts";

/** slowhttptest from one address, and what everybody else notices of it: nothing. */

/** What becomes of an attack's connections. */
const ends = {
  refused: { exit: "No open connections left", words: "refused at once (431)" },
  shakenOff: { exit: "No open connections left", words: "all closed before the end of the attack" },
  kept: { exit: "Hit test time limit", words: "kept to the end of the attack" },
};

interface Attack {
  readonly name: string;
  readonly options: string;
  readonly path?: string;
  readonly end: keyof typeof ends;
  /** How long it goes on; less where all of its connections are closed before. */
  readonly seconds: number;
}

const connections = 400;
/** Of one address at once, by default. */
const places = 200;

export const attacks: readonly Attack[] = [
  { name: "slow heads", options: "-H -i 3 -x 24", end: "shakenOff", seconds: 60 },
  { name: "slow bodies", options: "-B -t POST -i 3 -s 8192 -x 10", end: "shakenOff", seconds: 60 },
  {
    name: "slow readers",
    options: "-X -w 512 -y 1024 -n 3 -z 32",
    path: "/large",
    end: "kept",
    seconds: 12,
  },
  { name: "many ranges", options: "-R -t HEAD -a 10 -b 3000", end: "refused", seconds: 60 },
];

export async function slowClients(lab: SuitesLab, attack: Attack): Promise<Result> {
  const { name, options, path = "/", end, seconds } = attack;
  await forget(lab);
  const others = keepAsking(lab);
  const begunAtMs = performance.now();
  const taken: number[] = [];
  let said = "";
  const failures = await failuresMeanwhile(lab, async () => {
    let isOver = false;
    const counting = (async () => {
      while (!isOver) taken.push(await placesOf(lab));
    })();
    const command = `slowhttptest -c ${connections} -r 200 -l ${seconds} -p 1 ${options}`;
    const url = `https://${lab.host}:${lab.port}${path}`;
    said = stripVTControlCharacters((await tool(lab, `${command} -u ${url}`, 3000 * seconds)).stdout);
    isOver = true;
    await counting;
  });
  const tookS = (performance.now() - begunAtMs) / 1000;
  const answers = await others.stop();
  expect(failures).toEqual([]);
  expect(answers.length).toBeGreaterThan(tookS / 4);
  expect(answers.filter((answer) => answer.status !== "200" || answer.tookS >= 1)).toEqual([]);
  expect(Math.max(...taken)).toBeLessThanOrEqual(places);
  // The attack was one.
  if (end !== "refused") expect(Math.max(...taken)).toBeGreaterThan(places / 4);
  const { exit, words } = ends[end];
  expect(/(?<=Exit status: ).*/.exec(said)?.[0], said.slice(-1000)).toBe(exit);
  return {
    suite: `slowhttptest, ${connections} ${name}`,
    result: `at most ${places} at once, ${words}; another address is answered within a second, SQL without a failure`,
  };
}

/** A client with a line of 100 kB a second, at another address. */
export async function slowUpload({ lab, host, address, port }: SuitesLab): Promise<string> {
  const { stdout } = await must(lab, "db1", [
    ...["sh", "-c", 'head -c 1500000 /dev/zero | curl "$@"', "curl", "--silent", "--insecure"],
    ...["--limit-rate", "100k", "--data-binary", "@-", "--output", "/dev/null"],
    ...["--resolve", `${host}:${port}:${address}`, "--write-out", "%{http_code}", `https://${host}:${port}/`],
  ]);
  return stdout;
}

/** Connections of the application server that a node has at once. */
async function placesOf({ lab }: SuitesLab): Promise<number> {
  const tables = await Promise.all(nodes.map((node) => runtime(lab, node, "show table edge-sources")));
  return Math.max(
    ...tables.map((table) => Number(/key=10\.0\.1\.10 .*conn_cur=(\d+)/.exec(table)?.[1] ?? 0)),
  );
}

/** Otherwise an attack would be refused for what the one before has done. */
async function forget({ lab }: SuitesLab): Promise<void> {
  for (const node of nodes)
    for (const table of ["edge-sources", "edge-limited"])
      await runtime(lab, node, `clear table ${table} key 10.0.1.10`);
}

interface Answer {
  readonly status: string;
  readonly tookS: number;
}

/** A client at another address, that of the database, until `stop`. */
function keepAsking({ lab, host, address, port }: SuitesLab): { stop(): Promise<readonly Answer[]> } {
  const answers: Answer[] = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const { stdout } = await exec(lab, "db1", [
        ...["curl", "--silent", "--insecure", "--max-time", "5", "--output", "/dev/null"],
        ...["--resolve", `${host}:${port}:${address}`, "--write-out", "%{http_code} %{time_total}"],
        `https://${host}:${port}/`,
      ]);
      const [status = "", took] = stdout.split(" ");
      answers.push({ status, tookS: Number(took) });
      await pause(200);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await asking;
      return answers;
    },
  };
}
