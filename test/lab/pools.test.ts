import { afterAll, beforeAll, describe } from "vitest";
import { type PreparedStack, preparedStack } from "../harness/testStack.ts";
import { externalPool, externalTests, refusedTests, rollOutExternal } from "./pools/external.ts";
import { external, externalPostgres, resolveTo } from "./pools/externalPostgres.ts";
import { externalRoutesTests } from "./pools/externalRoutes.ts";
import { onNodesTests } from "./pools/onNodes.ts";
import { db1, db2, type PoolLab, poolLab, ports, session, withPool } from "./pools/poolLab.ts";
import { tlsTests } from "./pools/tls.ts";
import { twoMachineTests } from "./pools/twoMachines.ts";

// One lab that moves from one kind of pool to the next: its machines take longer to boot than most of the tests.
let prepared: PreparedStack | undefined;
let ca = "";
/** As on machines that exist already; the external database has poolers without it. */
const tls = { mode: "required" };

beforeAll(async () => {
  prepared = await preparedStack("t-pools");
});

afterAll(() => prepared?.destroy());

function lab(): PoolLab {
  if (prepared === undefined) throw new Error("the lab is not prepared");
  return poolLab(prepared);
}

describe("two machines", () => {
  beforeAll(async () => {
    await lab().stack.configure(withPool({ machines: [db1, db2], ports, session, tls }));
  });
  tlsTests(lab);
  twoMachineTests(lab);
});

describe("poolers on the nodes", () => {
  beforeAll(async () => {
    await lab().stack.configure(withPool({ on: "nodes", machines: [db1], ports, session, tls }));
  });
  tlsTests(lab);
  onNodesTests(lab);
});

describe("an external database", () => {
  beforeAll(async () => {
    await lab().stack.configure(withPool({ machines: [db1, db2], ports, session }));
    ca = await externalPostgres(lab().lab);
    await resolveTo(lab().lab, [db1.name, db2.name], external.addresses[0]);
  });
  describe("that does not let the poolers in", () => refusedTests(lab, () => ca));
  describe("that lets them in", () => {
    beforeAll(async () => {
      await rollOutExternal(lab(), externalPool({ address: external.name, ca }));
    });
    externalTests(lab);
  });
  describe("that has the routes of the pair too: they", () => externalRoutesTests(lab, () => ca));
});
