import type { LabStatus } from "./status.ts";

/** The lab's status for a person, a line each. */
export function formatStatus({ lab, namespace, forwards, machines }: LabStatus): string {
  const lines = [
    `lab ${lab}: network ${namespace ?? "not up"}`,
    ...machines.map(({ name, state, address, sshPort, sshUp, olderImage, leader, cut }) =>
      [
        `  ${name.padEnd(12)} ${state.padEnd(8)} ${(address ?? "-").padEnd(15)} ssh 127.0.0.1:${sshPort ?? "-"}${notUp(sshUp)}`,
        ...(leader === null ? [] : [`pid ${leader}`]),
        ...(olderImage ? ["disk of an older image"] : []),
        ...(cut === null ? [] : [`cut: ${Object.values(cut).join(" ")}`]),
      ].join("  "),
    ),
    ...forwards.map(({ port, to, up }) => `  127.0.0.1:${port} -> ${to}${notUp(up)}`),
  ];
  return `${lines.join("\n")}\n`;
}

function notUp(up: boolean): string {
  return up ? "" : " (not up)";
}
