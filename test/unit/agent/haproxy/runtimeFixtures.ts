import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A temporary folder that is removed at the end of the scope. */
export function scratchFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "hapair-egress-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A server on a Unix socket that passes each connection to `serve`. */
export async function unixServer(path: string, serve: (client: Socket) => void): Promise<AsyncDisposable> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    open.add(client);
    client.on("error", () => {});
    client.on("close", () => open.delete(client));
    serve(client);
  });
  server.listen(path);
  await once(server, "listening");
  return {
    [Symbol.asyncDispose]: async () => {
      for (const client of open) client.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Serves commands like haproxy: the answer of `answer`, an empty line, the end. */
export function answering(answer: (command: string) => string | Promise<string>): (client: Socket) => void {
  return (client) => {
    let command = "";
    client.setEncoding("utf8");
    client.on("data", (text: string) => {
      command += text;
      if (!command.endsWith("\n")) return;
      void Promise.resolve(answer(command.trimEnd())).then((words) => client.end(`${words}\n`));
    });
  };
}

/** Recorded answers of haproxy 3.0.11 with one group `egress-main` to the loop's commands. */
export class RecordedHaproxy {
  readonly commands: string[] = [];
  readonly states = new Map<string, string>();
  readonly map = new Map<string, string>();
  /** `srv_admin_state` by `backend/server`, where an operator set it. */
  readonly admin = new Map<string, number>();
  pid = 603;

  constructor(servers: readonly string[]) {
    for (const server of servers) this.states.set(server, "UP");
  }

  answer(command: string): string {
    this.commands.push(command);
    const [verb, noun, place = "", key = "", value = ""] = command.split(" ");
    if (command === "show info")
      return `Name: HAProxy\nVersion: 3.0.11\nPid: ${this.pid}\nUptime_sec: 2\nCurrConns: 0\n`;
    if (command.startsWith("show stat")) return this.stat();
    if (command === "show servers state") return this.serversState();
    if (verb === "set" && noun === "server") {
      this.admin.set(place, { maint: 1, drain: 8 }[value] ?? 0);
      return "\n";
    }
    if (noun === "map" && verb === "show")
      return [...this.map].map((entry) => `0x7f3479ebc000 ${entry.join(" ")}\n`).join("");
    if (noun === "map" && verb === "set" && !this.map.has(key)) return "entry not found.\n";
    if (noun === "map") this.map.set(key, value);
    if (command === "show proc")
      return "#<PID>          <type>          <reloads>       <uptime>        <version>      \n1           master          1 [failed: 0]   0d00h00m39s     3.0.11\n# workers\n603         worker          0               0d00h00m00s     3.0.11\n# old workers\n591         worker          1               0d00h00m04s     3.0.11\n# programs\n";
    if (command === "@!591 show sess")
      return "0x7fd3973ff400: proto=tcpv4 src=10.0.1.5:43624 fe=egress-main be=egress-main srv=wg1 ts=00 age=1s\n0x7fd3973ffc00: proto=tcpv4 src=10.0.1.5:43625 fe=egress-main be=egress-main srv=wg2 ts=00 age=1s\n0x7fd397400400: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> ts=00 age=0s\n";
    return "";
  }

  private stat(): string {
    const rows = [...this.states].flatMap(([name, state]) => [
      `egress-main,${name},0,${this.status("egress-main", name, state)},L7OK,\n`,
      `egress-main-unchecked,${name},0,${this.status("egress-main-unchecked", name, "no check")},,\n`,
    ]);
    return `# pxname,svname,scur,status,check_status,\n${rows.join("")}`;
  }

  /** haproxy shows a drained server whose check fails as DOWN only. */
  private status(backend: string, name: string, state: string): string {
    const admin = this.admin.get(`${backend}/${name}`);
    if (admin === 1) return "MAINT";
    return admin === 8 && state !== "DOWN" ? "DRAIN" : state;
  }

  private serversState(): string {
    const head =
      "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n";
    const rows = ["egress-main", "egress-main-unchecked"].flatMap((backend, index) =>
      [...this.states].map(([name, state], row) => {
        const running = index === 1 || state.startsWith("UP") ? 2 : 0;
        const admin = this.admin.get(`${backend}/${name}`) ?? 0;
        return `${index + 5} ${backend} ${row + 1} ${name} 10.0.1.50 ${running} ${admin} 1 1 12 15 3 4 6 0 0 0 - 18181 - 0 0 - - 0\n`;
      }),
    );
    return `${head}${rows.join("")}\n`;
  }
}
