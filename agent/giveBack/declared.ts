import type { AgentConfig } from "../../contract/agentConfig.ts";
import type { BundleFile } from "../../contract/bundle.ts";

/** What a bundle's files make on a host besides themselves. Pure. */
interface Declared {
  /** Files and folders that daemons and systemd make, relative to `/`. */
  readonly paths: readonly string[];
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** Kernel settings, as paths below `/proc/sys`. */
  readonly kernel: readonly string[];
}

export function declaredBy(files: readonly BundleFile[], config: AgentConfig | undefined): Declared {
  const accounts = linesOf(files, "etc/sysusers.d/").map((line) => line.split(/\s+/));
  const users = accounts.flatMap(([type = "", name]) => (type.startsWith("u") && name ? [name] : []));
  const groups = accounts.flatMap(([type = "", name]) => (/^[ug]/.test(type) && name ? [name] : []));
  const temporaries = linesOf(files, "etc/tmpfiles.d/").flatMap((line) => line.split(/\s+/)[1] ?? []);
  const sockets = config?.node
    ? [config.node.masterSocket, config.node.serverStateFile, haproxyLogMount]
    : [];
  return {
    paths: unique([...[...temporaries, ...sockets].map((path) => path.slice(1)), ...unitFolders(files)]),
    users: unique(users),
    groups: unique(groups),
    kernel: unique(
      [...linesOf(files, "etc/sysctl.d/"), ...linesOf(files, "etc/ufw/sysctl.conf")].map(kernelPath),
    ),
  };
}

/** Where the unit of haproxy's package mounts the log socket; systemd makes the file at its first start. */
const haproxyLogMount = "/var/lib/haproxy/dev/log";

/** Folders that systemd makes for a unit (systemd.exec(5)), but that of its logs, which stay. */
const folderSettings = { RuntimeDirectory: "run", StateDirectory: "var/lib", CacheDirectory: "var/cache" };

function unitFolders(files: readonly BundleFile[]): readonly string[] {
  return Object.entries(folderSettings).flatMap(([setting, parent]) =>
    linesOf(files, "etc/systemd/system/").flatMap((line) =>
      line.startsWith(`${setting}=`)
        ? line
            .slice(setting.length + 1)
            .split(/\s+/)
            .flatMap((name) => (name ? [`${parent}/${name}`] : []))
        : [],
    ),
  );
}

/** A line of sysctl.d(5) as a path: whichever of `.` and `/` comes first separates the names. */
function kernelPath(line: string): string {
  const key = line.replace(/\s*=.*$/, "").replace(/^-/, "");
  if (/^[^./]*\//.test(key)) return key;
  return key.replace(/[./]/g, (separator) => (separator === "." ? "/" : "."));
}

/** Lines that are neither empty nor comments. */
function linesOf(files: readonly BundleFile[], prefix: string): readonly string[] {
  return files
    .filter(({ path }) => path.startsWith(prefix))
    .flatMap(({ text }) => text.split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^[#;]/.test(line));
}

function unique(list: readonly string[]): readonly string[] {
  return [...new Set(list)];
}
