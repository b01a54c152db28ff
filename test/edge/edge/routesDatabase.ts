import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { postgresUnit } from "../../../render/services/postgresql.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { askApi } from "./askApi.ts";
import { nodes } from "./edgeLab.ts";
import { followEvents } from "./events.ts";
import { agent, bothFollow, type RoutesLab, routesOf, statusOnBoth, targetUrl } from "./routesLab.ts";

const machine = "db1";
const settled = { timeout: 20_000 };

/** What becomes of routes whose database is away, or has another history. */
export function databaseTests(lab: () => RoutesLab): void {
  const health = () => askApi(lab(), "/api/health/db");
  const put = (label: string) => routesOf(lab()).addHttpRoute(agent, label, targetUrl);

  it("that is away is told by health and events, refuses changes at once, and leaves the traffic", async () => {
    await put("steady");
    const following = await followEvents(lab(), nodes[0]);
    const store = () => following.of("store").at(-1)?.problem;
    const circuit = () => following.of("circuit").at(-1)?.state;
    try {
      await must(lab().lab, machine, ["systemctl", "stop", postgresUnit]);
      try {
        await expect.poll(store, settled).toContain("the database of the routes");
        await expect.poll(circuit, settled).toBe("OPEN");
        await expect(put("refused")).rejects.toMatchObject({ code: "circuit-open" });
        await expect
          .poll(health, settled)
          .toMatchObject({ status: 503, body: { status: "unhealthy", problem: expect.stringMatching(/./) } });
        expect(await statusOnBoth(lab(), "steady")).toEqual(["200", "200"]);
      } finally {
        await must(lab().lab, machine, ["systemctl", "start", postgresUnit]);
      }
      await expect.poll(store, settled).toBeNull();
      await expect.poll(circuit, settled).toBe("CLOSED");
      await expect.poll(health, settled).toMatchObject({ status: 200, body: { status: "healthy" } });
    } finally {
      await following.stop();
    }
    await bothFollow(lab(), settled.timeout);
    expect((await put("after")).pendingOn).toEqual([]);
  });

  it("that has another history takes no route away, and gets those of a node by its command", async () => {
    await put("kept");
    const restore = (...args: readonly string[]) =>
      exec(lab().lab, nodes[0], ["hapair", "routes", "restore", ...args]);
    expect(await restore("--yes")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("nothing was changed"),
    });
    // Its lineage is another one, as that of a database that was made anew.
    const sql = "update hapair_routes.head set mark = 'ffffffff' || substr(mark, 9)";
    await must(lab().lab, machine, ["runuser", "-u", "postgres", "--", "psql", "-d", "postgres", "-c", sql]);
    const refusal = () =>
      put("kept").then(
        () => "made",
        ({ message }: Error) => message,
      );
    await expect.poll(refusal, settled).toMatch(/another history.*hapair routes restore/);
    expect(await restore()).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^would write the \d+ routes of this node .*; with --yes it does$/),
    });
    expect(await statusOnBoth(lab(), "kept")).toEqual(["200", "200"]);
    expect(await restore("--yes")).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^wrote /) });
    await bothFollow(lab(), settled.timeout);
    expect(await statusOnBoth(lab(), "kept")).toEqual(["200", "200"]);
    expect((await put("after")).pendingOn).toEqual([]);
  });
}

/** Who may use the database of the routes, and how. */
export function databaseRoleTests(lab: () => string): void {
  const query = `create table hapair_routes.tried (n int); drop table hapair_routes.tried; select current_user`;
  const ask = (where: string) => {
    const password = `JSON.parse(require("fs").readFileSync("/etc/hapair/routes.json")).database.password`;
    const script = `PGPASSWORD=$(node -p '${password}') psql "$1" -Atqc "$2"`;
    return exec(lab(), nodes[0], [
      "sh",
      "-c",
      script,
      "sh",
      `user=hapair_routes dbname=postgres ${where}`,
      query,
    ]);
  };

  it("lets a node's agent in with TLS, to a schema of its own", async () => {
    const verified = "host=10.0.1.30 sslmode=verify-full sslrootcert=/etc/hapair/routes-database.pem";
    expect(await ask(verified)).toMatchObject({ exitCode: 0, stdout: "hapair_routes" });
    expect((await ask("host=10.0.1.30 sslmode=disable")).stderr).toContain("no pg_hba.conf entry");
  });

  it("does not let its role in through the pair", async () => {
    expect((await ask("host=127.0.0.1 sslmode=disable")).stderr).toMatch(
      /no such user|authentication failed/,
    );
  });

  it("has its password where the agent's daemon reads it, and no other user", async () => {
    const read = (user: string, groups: string) =>
      exec(lab(), nodes[0], [
        ...["setpriv", `--reuid=${user}`, `--regid=${user === "nobody" ? "nogroup" : user}`, groups],
        ...["cat", "/etc/hapair/routes.json"],
      ]).then(({ exitCode }) => exitCode);
    const { stdout } = await must(lab(), nodes[0], ["getent", "group", "haproxy"]);
    expect(await read("hapair", `--groups=${stdout.split(":")[2]}`)).toBe(0);
    expect(await read("hapair", "--clear-groups")).toBe(1);
    expect(await read("nobody", "--clear-groups")).toBe(1);
  });
}
