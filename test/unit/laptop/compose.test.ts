import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { Bundle } from "../../../contract/bundle.ts";
import { composePath, listensLabel } from "../../../contract/laptop.ts";
import { renderShown } from "../../../render/bundle.ts";
import { renderLaptop, renderShownLaptop } from "../../../render/laptop.ts";
import { secretsOf } from "../../../render/secrets.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { vagrantConfig } from "../../harness/testConfig.ts";
import { type laptopConfig, laptopTopology } from "./laptopFixtures.ts";

type Config = Parameters<typeof laptopConfig>;

const external = {
  pool: { database: { external: { address: "192.168.1.60", tls: "require" } } },
  rest: { secrets: "config" },
};
const pools: Readonly<Record<string, Config>> = {
  "as shipped": [],
  "with a port for sessions": [{ session: { port: 5433 } }],
  "with direct clients": [{ directClients: ["192.168.1.0/24"], postgres: { port: 5434 } }],
  "with an external database": [external.pool, external.rest],
};

const Compose = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      image: z.string(),
      user: z.string(),
      network_mode: z.string(),
      restart: z.string(),
      stop_signal: z.string(),
      labels: z.record(z.string(), z.string()).optional(),
      cap_drop: z.array(z.string()),
      command: z.array(z.string()),
      environment: z.undefined().optional(),
      healthcheck: z.optional(z.object({ test: z.array(z.string()) })),
    }),
  ),
  volumes: z.record(z.string(), z.unknown()),
});

function filesOf(...config: Config): Readonly<Record<string, string>> {
  const { laptop, ...topology } = laptopTopology(...config);
  return renderShownLaptop(topology, laptop);
}

const composeOf = (files: Readonly<Record<string, string>>) =>
  Compose.parse(parse(files[composePath] ?? "", { merge: true }));

/** A setting of a file of PgBouncer or PostgreSQL. */
const setting = (text: string, key: string) => new RegExp(`^${key} = '?([^'\n]*)`, "m").exec(text)?.[1];

test("the compose file is the golden file", async () => {
  await expect(filesOf()[composePath]).toMatchFileSnapshot(`../golden/laptop/${composePath}`);
});

describe.each(Object.entries(pools))("the compose file of a pool %s", (_, config) => {
  const files = filesOf(...config);
  const { services } = composeOf(files);
  const settings = Object.entries(files).filter(([path]) => /^etc\/pgbouncer\/\d+\.ini$/.test(path));

  test("has a pooler for each of the rendered settings, and looks at the address and port that they say", () => {
    const poolers = Object.entries(services).filter(([name]) => name.startsWith("pgbouncer-"));
    expect(poolers.map(([, { command }]) => command).sort()).toEqual(
      settings.map(([path]) => [`/${path}`]).sort(),
    );
    for (const [name, { command, healthcheck, network_mode, labels }] of poolers) {
      const text = files[command[0]?.slice(1) ?? ""] ?? "";
      const [address, port] = [setting(text, "listen_addr"), setting(text, "listen_port")];
      expect(name).toBe(`pgbouncer-${port}`);
      expect(healthcheck?.test.slice(-2)).toEqual([address, port]);
      expect(address).toBe("192.168.1.5");
      expect(network_mode).toBe("host");
      expect(labels?.[listensLabel]).toBe(`${address}:${port}`);
    }
  });

  test("has PostgreSQL where it is the pair's own, on the network for direct clients alone", () => {
    const text = files["etc/postgresql/17/main/conf.d/hapair.conf"];
    expect("postgres" in services).toBe(text !== undefined);
    if (text === undefined) return;
    const { healthcheck, network_mode, command, labels } = services.postgres ?? {};
    expect(healthcheck?.test).toContain(setting(text, "port"));
    const listens = setting(text, "listen_addresses");
    expect(network_mode).toBe(listens === "localhost" ? "none" : "host");
    expect(listens).toBe(config[0]?.directClients ? "localhost,192.168.1.5" : "localhost");
    expect(labels?.[listensLabel]).toBe(
      config[0]?.directClients ? "127.0.0.1:5434 [::1]:5434 192.168.1.5:5434" : undefined,
    );
    for (const file of ["pg_hba.conf", "pg_ident.conf"]) {
      expect(files).toHaveProperty([`etc/postgresql/17/main/${file}`]);
      expect(command?.[0]).toContain(`/etc/postgresql/17/main/${file}`);
    }
  });

  // `docker kill --signal HUP` of an apply marks a container as stopped by hand, whatever the signal. Docker starts one with
  // `unless-stopped` no more then (moby#41302, moby#47792); one with `always` it does, unless HUP may be its stop signal.
  test("has daemons that Docker starts again after a crash and a reboot, also once they were told to reload", () => {
    const daemons = Object.entries(services).filter(([name]) => name !== "files");
    expect(daemons.length).toBeGreaterThan(2);
    for (const [name, { restart, stop_signal }] of daemons)
      expect(`${restart} ${stop_signal}`, name).toBe("always SIGINT");
  });

  test("pins every image by tag and digest, and gives no container a capability, an environment or a password", () => {
    for (const { image, cap_drop } of Object.values(services)) {
      expect(image).toMatch(/^[a-z/]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
      expect(cap_drop).toEqual(["ALL"]);
    }
    // Changes owners of copies, and ends.
    const root = Object.entries(services).filter(([, { user }]) => user !== "999:999");
    expect(root.map(([name, { restart }]) => `${name} ${restart}`)).toEqual(["files no"]);
    expect(files[composePath]).not.toMatch(/environment|secret|password/i);
  });
});

test.each<[string, readonly string[]]>([
  ["the nodes and the laptop itself", []],
  ["the nodes, the laptop itself and direct clients", ["192.168.1.64/26"]],
])("its daemons let %s in, wherever the laptop's firewall lets packets through", (_, directClients) => {
  const files = filesOf({ directClients });
  const letIn = (path: string) =>
    [...(files[path] ?? "").matchAll(/^(\w+) +all +all +(\S+) +(\S+)$/gm)].map((rule) =>
      rule.slice(1).join(" "),
    );
  const own = ["192.168.1.5/32", "192.168.1.10/32", "192.168.1.11/32"];
  expect(letIn("etc/pgbouncer/hba.conf")).toEqual(
    [...own, ...directClients].map((network) => `host ${network} scram-sha-256`),
  );
  for (const port of [6432, 6433, 6434]) {
    const text = files[`etc/pgbouncer/${port}.ini`] ?? "";
    expect(setting(text, "auth_type")).toBe("hba");
    expect(setting(text, "auth_hba_file")).toBe("/etc/pgbouncer/hba.conf");
  }
  expect(letIn("etc/postgresql/17/main/pg_hba.conf").filter((rule) => !rule.startsWith("local"))).toEqual(
    directClients.map((network) => `host ${network} scram-sha-256`),
  );
});

test("its bundle has every secret in files that nobody but their user reads, and the compose file none", () => {
  const secrets = ["app-password", "probe-password", "stats-password", "poolers-key"];
  const [database = "", probe = "", statsWord = "", key = ""] = secrets;
  const { text } = renderLaptop(
    laptopTopology(external.pool, external.rest).laptop,
    secretsOf(
      { database, probe, stats: statsWord },
      { certificates: { poolers: { key, certificate: "certificate", authority: "authority" } } },
    ),
  );
  const { files, host } = Bundle.parse(JSON.parse(text));
  expect(host).toBe("laptop");
  const holding = files.filter((file) => secrets.some((secret) => file.text.includes(secret)));
  expect(holding.map(({ path }) => path)).toEqual([
    "etc/hapair/agent.json",
    "etc/pgbouncer/tls.key",
    "etc/pgbouncer/userlist.txt",
  ]);
  for (const { path, mode } of holding) expect(mode, path).toMatch(/^06[04]0$/);
});

test("its settings are those of a machine with the same pool, but for its name, its address and who is let in", () => {
  const limit = /^; No firewall.*\nauth_type = hba\nauth_hba_file = .*$/m;
  const name = (text: string | undefined) =>
    text?.replaceAll("laptop", "db1").replace(limit, "auth_type = scram-sha-256");
  const machine = { name: "db1", address: "192.168.1.5" };
  const config = vagrantConfig() as { pairs: [object] };
  const topology = parseTopology({
    ...config,
    vagrant: {},
    pairs: [{ ...config.pairs[0], pool: { machines: [machine] } }],
  });
  const [db1] = hostsOf(topology);
  if (db1 === undefined) throw new Error("the stack has no host");
  const ofMachine = renderShown(topology, db1);
  const ofPool = Object.entries(filesOf()).filter(
    ([path]) => /^etc\/(pgbouncer|postgresql)|roles\.sql$/.test(path) && path !== "etc/pgbouncer/hba.conf",
  );
  expect(ofPool.length).toBeGreaterThan(8);
  for (const [path, text] of ofPool) expect(name(text), path).toBe(ofMachine[path]);
});

test("the nodes send their clients to the laptop's poolers, and hold the address while they have a way there", () => {
  const { laptop, ...topology } = laptopTopology();
  for (const node of hostsOf(topology)) {
    const files = renderShown(topology, node);
    for (const port of [6432, 6433, 6434])
      expect(files["etc/haproxy/haproxy.cfg"]).toContain(`server laptop-${port} ${laptop.address}:${port} `);
    expect(files["etc/keepalived/keepalived.conf"]).toContain(laptop.address);
  }
});

const hasCompose = spawnSync("docker", ["compose", "version"], { stdio: "ignore" }).status === 0;

test.runIf(hasCompose).each(Object.entries(pools))(
  "Docker Compose reads the file of a pool %s",
  (_, config) => {
    const folder = mkdtempSync(join(tmpdir(), "hapair-compose-"));
    try {
      const args = [
        "compose",
        "--project-directory",
        folder,
        "--project-name",
        "hapair",
        "--file",
        "-",
        "config",
      ];
      const { status, stdout, stderr } = spawnSync("docker", [...args, "--format", "json"], {
        input: filesOf(...config)[composePath],
        encoding: "utf8",
      });
      expect(stderr).toBe("");
      expect(status).toBe(0);
      const { services } = Compose.parse(JSON.parse(stdout));
      expect(Object.keys(services).sort()).toEqual(
        Object.keys(composeOf(filesOf(...config)).services).sort(),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
