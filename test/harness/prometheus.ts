import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { exec, execArgv } from "../../lab/machine/exec.ts";
import { unpackedPackages } from "../../tools/unpackedPackages.ts";

const where = "10.0.1.10:9090";
const Answer = z.object({
  status: z.string(),
  error: z.optional(z.string()),
  data: z.optional(z.object({ result: z.array(z.object({ metric: z.record(z.string(), z.string()) })) })),
});

export interface Prometheus {
  /** The series that a query finds now, by their labels; rejects where Prometheus refuses the query. */
  query(expr: string): Promise<readonly Readonly<Record<string, string>>[]>;
  stop(): Promise<void>;
}

/**
 * Debian's Prometheus on the application server of a lab, with its files in a folder of this host.
 * @param targets what it scrapes each second, address and port
 * @param rules text of a rule file
 */
export async function startPrometheus(
  lab: string,
  folder: string,
  { targets, rules }: { readonly targets: readonly string[]; readonly rules: string },
): Promise<Prometheus> {
  const root = await unpackedPackages("prometheus", [["prometheus"]]);
  writeFileSync(join(folder, "pair.rules.yml"), rules);
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: ["pair.rules.yml"],
    scrape_configs: [{ job_name: "pair", static_configs: [{ targets }] }],
  };
  // JSON is YAML.
  writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config));
  const [file = "", ...args] = execArgv(lab, "app", [
    join(root, "usr/bin/prometheus"),
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "prometheus")}`,
    `--web.listen-address=${where}`,
    "--log.level=warn",
  ]);
  const child = spawn(file, args, { stdio: ["ignore", "inherit", "inherit"] });
  const ended = once(child, "exit");
  return {
    query: async (expr) => {
      const { stdout } = await exec(lab, "app", [
        ...["curl", "--silent", "--max-time", "10", "--data-urlencode", `query=${expr}`],
        `http://${where}/api/v1/query`,
      ]);
      const { status, error, data } = Answer.parse(JSON.parse(stdout));
      if (status !== "success") throw new Error(`Prometheus refuses ${expr}: ${error}`);
      return data?.result.map(({ metric }) => metric) ?? [];
    },
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
