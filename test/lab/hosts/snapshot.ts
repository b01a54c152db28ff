import { must } from "./onHost.ts";

/** Logs, caches, what packages and daemons keep of their own state, and account files' backup copies. */
const left = [
  ...[
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/tmp",
    "/var/tmp",
    "/var/log",
    "/var/cache",
    "/var/lib/dpkg",
    "/var/lib/apt",
  ],
  ...["/var/lib/systemd", "/var/lib/postgresql", "/var/lib/logrotate", "/var/spool", "/etc/machine-id"],
  // The program and its store, which are there in between.
  ...["/usr/local/sbin/hapair", "/var/lib/hapair"],
  ...["/etc/passwd-", "/etc/shadow-", "/etc/group-", "/etc/gshadow-", "/etc/.pwd.lock"],
];

const program = `
import hashlib, os, stat
left = set(${JSON.stringify(left)})
def walk(folder):
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        if entry.path in left: continue
        found = entry.stat(follow_symlinks=False)
        mode = found.st_mode
        text = ""
        if stat.S_ISLNK(mode): text = "-> " + os.readlink(entry.path)
        elif stat.S_ISREG(mode): text = hashlib.sha256(open(entry.path, "rb").read()).hexdigest()
        print(entry.path, oct(mode), f"{found.st_uid}:{found.st_gid}", text)
        if stat.S_ISDIR(mode) and not os.path.ismount(entry.path): walk(entry.path)
walk("/")
`;

export type Snapshot = Readonly<Record<string, readonly string[]>>;

/** What a machine is: every path with mode, owner and SHA-256, units, firewall, kernel settings, what /run has of ours. */
export async function snapshot(lab: string, name: string): Promise<Snapshot> {
  const lines = async (...argv: readonly string[]) =>
    (await must(lab, name, argv)).stdout.split("\n").map((line) => line.trim());
  const shell = (script: string) => lines("sh", "-c", script);
  return {
    files: await lines("python3", "-c", program),
    enablement: await lines("systemctl", "list-unit-files", "--no-legend", "--no-pager"),
    units: await shell(
      "systemctl list-units --all --plain --no-legend --no-pager --type=service,socket,timer,path | awk '{ print $1, $2, $3, $4 }' | grep -Ev '^(user|session|systemd-|run-|apt-|dpkg-|e2scrub|fstrim|man-db|logrotate.service)'",
    ),
    firewall: await shell(
      "for table in raw filter; do iptables-save -t $table; ip6tables-save -t $table; done | sed -E '/^#/d; s/\\[[0-9:]+\\]//'",
    ),
    kernel: await shell(
      "cd /proc/sys && grep -r . net/core/somaxconn net/ipv4/ip_nonlocal_bind net/ipv4/tcp_max_syn_backlog net/ipv4/ip_local_port_range net/ipv4/neigh/host0/retrans_time_ms net/ipv4/neigh/host0/mcast_solicit net/ipv4/neigh/host0/ucast_solicit net/ipv4/conf/all/accept_redirects",
    ),
    run: await shell("ls -d /run/hapair* /run/haproxy* /run/keepalived* 2>/dev/null; ip -4 -brief address"),
    accounts: await shell("getent passwd; getent group"),
  };
}

/** What two snapshots do not share, a line each: `-` in the first one alone, `+` in the second. */
export function differences(first: Snapshot | undefined, second: Snapshot): readonly string[] {
  const parts = [...new Set([...Object.keys(first ?? {}), ...Object.keys(second)])];
  return parts.flatMap((part) => {
    const [before, after] = [new Set(first?.[part]), new Set(second[part])];
    return [
      ...[...before].filter((line) => !after.has(line)).map((line) => `- ${part}: ${line}`),
      ...[...after].filter((line) => !before.has(line)).map((line) => `+ ${part}: ${line}`),
    ];
  });
}
