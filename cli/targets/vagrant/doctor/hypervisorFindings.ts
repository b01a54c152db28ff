import type { VagrantProvider } from "../../../../contract/vagrantMachines.ts";
import { type Finding, later, wrong } from "../../../doctor/finding.ts";
import { isAtLeast } from "../tools/versions.ts";

/** What else of this machine decides whether virtual machines run, and hear each other. */
export interface HypervisorLook {
  /** Flags of its processors, as Linux names them; undefined where it does not say. */
  readonly processorFlags: readonly string[] | undefined;
  /** VirtualBox's version, such as 7.0.20; undefined where it is not known. */
  readonly virtualbox: string | undefined;
  /** KVM's module for this processor is loaded, and has taken the processor's virtualization. */
  readonly kvmHolds: boolean;
  /** Why machines of KVM cannot run: the system's code for opening its device; undefined where they can. */
  readonly noKvm: string | undefined;
  readonly dockerDesktop: boolean;
  /** Docker Engine runs, and the kernel shows it what passes through bridges. */
  readonly dockerFilters: boolean;
}

/** From here on VirtualBox shares the processor with an idle KVM (VirtualBox/virtualbox, issues 141 and 711). */
const besideKvm = "7.2.10";

/** @param bridge device by which the virtual machines join the network; undefined where it is not known */
export function hypervisorFindings(
  provider: VagrantProvider,
  look: HypervisorLook,
  bridge: string | undefined,
): readonly Finding[] {
  return provider === "virtualbox" ? virtualboxFindings(look) : libvirtFindings(look, bridge);
}

function virtualboxFindings({
  processorFlags,
  virtualbox,
  kvmHolds,
  dockerDesktop,
}: HypervisorLook): readonly Finding[] {
  if (processorFlags !== undefined && !processorFlags.some((flag) => ["vmx", "svm"].includes(flag)))
    return [
      wrong(
        "this machine's processor shows no virtualization, without which VirtualBox runs no machine: switch on VT-x or AMD-V (SVM) in the firmware's settings",
      ),
    ];
  return [
    ...(kvmHolds && virtualbox !== undefined && !isAtLeast(virtualbox, besideKvm)
      ? [
          wrong(
            `the kernel's KVM holds the processor's virtualization, and VirtualBox ${virtualbox} does not share it: end virtual machines of KVM and run sudo modprobe -r kvm_intel kvm_amd kvm; a line "options kvm enable_virt_at_load=0" in /etc/modprobe.d/virtualbox-kvm.conf keeps it so`,
          ),
        ]
      : []),
    ...(dockerDesktop
      ? [
          wrong(
            "Docker Desktop runs, whose own virtual machine takes the processor's virtualization from VirtualBox: end it (systemctl --user stop docker-desktop), and use Docker Engine instead",
          ),
        ]
      : []),
  ];
}

function libvirtFindings(
  { noKvm, dockerFilters }: HypervisorLook,
  bridge: string | undefined,
): readonly Finding[] {
  return [
    ...(noKvm === undefined ? [] : [withoutKvm(noKvm)]),
    ...(dockerFilters && bridge !== undefined ? [behindDocker(bridge)] : []),
  ];
}

/** vagrant-libvirt asks for KVM unless the box, or this user's own Vagrantfile, says otherwise. */
function withoutKvm(code: string): Finding {
  const found = code === "ENOENT" ? "is missing" : `cannot be used (${code})`;
  return later(
    `/dev/kvm ${found}: switch on VT-x or AMD-V (SVM) in the firmware's settings and run sudo modprobe kvm_intel or kvm_amd; without it libvirt starts a machine only where its box or ~/.vagrant.d/Vagrantfile asks for emulation (libvirt.driver = "qemu"), and emulated machines are slow`,
  );
}

function behindDocker(bridge: string): Finding {
  return later(
    `Docker filters what passes through bridges on this machine, and may keep the virtual machines from each other: where they do not hear each other, sudo iptables -I DOCKER-USER -i ${bridge} -o ${bridge} -j ACCEPT`,
  );
}
