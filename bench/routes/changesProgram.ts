import { createInterface } from "node:readline";
import { type Change, connect, type TransactionResult } from "../../client/index.ts";
import { quantile } from "../figure.ts";
import { ChangesPlan, type ChangesResult, transactionPrefix } from "./changesPlan.ts";

/** Changes routes as the plan on the first line of stdin says, and prints a `ChangesResult`. */
const { value } = await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next();
const plan = ChangesPlan.parse(JSON.parse(String(value)));
const { agent, target } = plan;
const routes = connect(plan);

/** Changes before the first one that counts: compilers and caches work meanwhile. */
const warmUp = 100;
/** Names of each caller, which it uses in turn. */
const namesEach = 20;

const result: ChangesResult = {
  singleMs: await singleChanges(),
  perSecond: await manyCallers(),
  transactionMs: await transactions(),
};
console.log(JSON.stringify(result));
process.exit();

async function singleChanges(): Promise<ChangesResult["singleMs"]> {
  const times: number[] = [];
  for (let count = 0; count < warmUp + plan.single; count += 1) {
    const begun = performance.now();
    everywhere(await routes.addHttpRoute(agent, `s${count}`, target));
    if (count >= warmUp) times.push(performance.now() - begun);
  }
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/** @returns changes a second, of all callers */
async function manyCallers(): Promise<number> {
  let count = 0;
  const begun = performance.now();
  const endAt = begun + plan.seconds * 1000;
  const caller = async (_: unknown, number: number) => {
    for (let turn = 0; performance.now() < endAt; turn += 1) {
      const options = { hostHeader: `n${turn}.test` };
      everywhere(await routes.addHttpRoute(agent, `c${number}-${turn % namesEach}`, target, options));
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: plan.callers }, caller));
  return count / ((performance.now() - begun) / 1000);
}

async function transactions(): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < plan.transactions; turn += 1) {
    const changes = Array.from({ length: plan.routes }, (_, number): Change => {
      const options = { hostHeader: `n${turn}.test` };
      return { do: "put", route: { host: `${transactionPrefix}${number}`, agent, target, options } };
    });
    const begun = performance.now();
    everywhere(await routes.transaction(changes));
    times.push(performance.now() - begun);
  }
  return times;
}

function everywhere({ pendingOn }: TransactionResult): void {
  if (pendingOn.length > 0) throw new Error(`a change was not served in time on ${pendingOn}`);
}
